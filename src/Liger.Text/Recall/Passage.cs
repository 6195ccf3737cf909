namespace Liger.Text;

/// <summary>Tokens that are planted in a text, with the answers among them.</summary>
/// <param name="Ids">The tokens.</param>
/// <param name="Answers">What of them is to be recalled; none in what says a fact.</param>
internal sealed record Passage(int[] Ids, IReadOnlyList<AnswerSpan> Answers)
{
    /// <summary>Passages as one.</summary>
    internal static Passage Joined(IEnumerable<Passage> passages)
    {
        var (ids, answers) = (new List<int>(), new List<AnswerSpan>());
        foreach (var passage in passages)
        {
            answers.AddRange(passage.Answers.Select(answer => answer with { Start = answer.Start + ids.Count }));
            ids.AddRange(passage.Ids);
        }
        return new Passage([.. ids], answers);
    }
}

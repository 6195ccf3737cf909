namespace Liger.Text;

/// <summary>Tokens in which something is said and asked for later.</summary>
/// <param name="Ids">The tokens.</param>
/// <param name="Answers">Where answers stand, ascending; at least 1.</param>
public sealed record RecallWindow(int[] Ids, IReadOnlyList<AnswerSpan> Answers)
{
    /// <summary>Pairs of the list that is asked for, where that is all there is: its difficulty; 0 elsewhere.</summary>
    public int Pairs { get; init; }

    /// <summary>As a document to train on.</summary>
    /// <param name="onlyAnswers">Whether only the answers are scored, or every token but the first.</param>
    public TokenSequence Sequence(bool onlyAnswers)
    {
        var labels = onlyAnswers ? new int[Ids.Length] : (int[])Ids.Clone();
        if (onlyAnswers)
        {
            Array.Fill(labels, TokenSequence.Unscored);
            foreach (var answer in Answers)
                Array.Copy(Ids, answer.Start, labels, answer.Start, answer.Length);
        }
        labels[0] = TokenSequence.Unscored;
        return new TokenSequence(Ids, labels);
    }

    /// <summary>As a row to train on: one document, its answers marked.</summary>
    /// <param name="onlyAnswers">Whether only the answers are scored, or every token but the first.</param>
    /// <param name="answerWeight">How many times a token of an answer counts in a loss.</param>
    public PackedRow Row(bool onlyAnswers, int answerWeight = 1) =>
        new(Ids, Sequence(onlyAnswers).Labels, [0]) { Answers = Answers, AnswerWeight = answerWeight };
}

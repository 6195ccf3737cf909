using Liger.Text;

namespace Liger.Evaluation;

/// <summary>Tokens and the places in them whose predictions count.</summary>
/// <param name="Ids">The tokens.</param>
/// <param name="Scored">Positions t at which the prediction of token t + 1 counts.</param>
internal sealed record CalibrationRow(int[] Ids, int[] Scored)
{
    private const int Passages = 3, CueTokens = 6, AnswerTokens = 6, PassageTokens = CueTokens + AnswerTokens;

    /// <summary>Consecutive parts of a text, every position of which counts.</summary>
    internal static List<CalibrationRow> Text(IReadOnlyList<int> ids, DamageOptions options) =>
        [.. Parts(ids, options).Select(part => new CalibrationRow(part, [.. Enumerable.Range(0, part.Length - 1)]))];

    /// <summary>
    /// The same parts with passages to recall: twelve tokens from elsewhere in the text, so that any tokenizer will do. Each stands once in the
    /// row, spread over its first three quarters, and once more at its end, where the second half counts. (Passages of random tokens are copied
    /// by few models.)
    /// </summary>
    internal static List<CalibrationRow> Recall(IReadOnlyList<int> ids, DamageOptions options)
    {
        var random = new Random(options.Seed);
        return [.. Parts(ids, options).Where(part => part.Length >= DamageOptions.FewestTokens).Select(part => Plant(part, ids, random))];
    }

    /// <summary>Windows that ask for what they say; the answers count.</summary>
    internal static List<CalibrationRow> Asked(IEnumerable<RecallWindow> windows) =>
        [.. windows.Select(window => new CalibrationRow(window.Ids, [.. window.Answers.SelectMany(answer => Enumerable.Range(answer.Start - 1, answer.Length))]))];

    private static CalibrationRow Plant(int[] text, IReadOnlyList<int> source, Random random)
    {
        var row = (int[])text.Clone();
        var asked = row.Length - (Passages * PassageTokens);
        var room = asked * 3 / 4 / Passages;
        var scored = new List<int>();
        for (var i = 0; i < Passages; i++)
        {
            int[] passage = [.. source.Skip(random.Next(source.Count - PassageTokens)).Take(PassageTokens)];
            var at = asked + (i * PassageTokens);
            passage.CopyTo(row, (i * room) + random.Next(Math.Max(1, room - PassageTokens)));
            passage.CopyTo(row, at);
            scored.AddRange(Enumerable.Range(at + CueTokens - 1, AnswerTokens));
        }
        return new CalibrationRow(row, [.. scored]);
    }

    private static IEnumerable<int[]> Parts(IReadOnlyList<int> ids, DamageOptions options)
    {
        var used = Math.Min(ids.Count, options.Tokens);
        for (var from = 0; used - from >= 2; from += options.Context)
            yield return [.. ids.Skip(from).Take(Math.Min(options.Context, used - from))];
    }
}

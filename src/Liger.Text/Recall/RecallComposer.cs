namespace Liger.Text;

/// <summary>Lays passages and running text out as one window.</summary>
internal sealed class RecallComposer
{
    private readonly RecallText text;
    private readonly int[] begin;

    internal RecallComposer(RecallText text, int context)
    {
        if (text.Length < context)
            throw new TextException($"recall: {text.Length} tokens of text — expected at least {context}, those of a window. Give more text.");
        this.text = text;
        begin = text.Tokenizer.BosId is { } id ? [id] : [];
    }

    /// <summary>Tokens that stand before everything.</summary>
    internal int Begin => begin.Length;

    /// <summary>The window whose text begins at <paramref name="start"/>.</summary>
    /// <param name="start">Where the text begins.</param>
    /// <param name="tokens">Tokens of text.</param>
    /// <param name="planted">Passages, each with how much of the text stands before it; ascending.</param>
    internal RecallWindow Window(int start, int tokens, IEnumerable<(int Place, Passage Passage)> planted)
    {
        var ids = new List<int>(begin);
        var answers = new List<AnswerSpan>();
        var used = 0;
        foreach (var (place, passage) in planted)
        {
            ids.AddRange(text.Slice(start + used, place - used));
            used = place;
            answers.AddRange(passage.Answers.Select(answer => answer with { Start = answer.Start + ids.Count }));
            ids.AddRange(passage.Ids);
        }
        ids.AddRange(text.Slice(start + used, tokens - used));
        return new RecallWindow([.. ids], answers);
    }
}

namespace Liger.Text;

/// <summary>Tokenizes what is planted, as it would be in running text.</summary>
internal sealed class PassageEncoder(Tokenizer tokenizer)
{
    // A word before the text: some tokenizers put a space before the first word of whatever they are given.
    private const string Anchor = "a";
    private readonly IReadOnlyList<int> anchor = tokenizer.EncodeToIds(Anchor, addSpecialTokens: false);

    /// <summary>The tokens of a text that stands behind other text.</summary>
    internal int[] Ids(string text)
    {
        if (text.Length == 0)
            return [];
        var ids = tokenizer.EncodeToIds(Anchor + text, addSpecialTokens: false);
        return [.. StartsWith(ids, anchor) ? ids.Skip(anchor.Count) : tokenizer.EncodeToIds(text, addSpecialTokens: false)];
    }

    /// <summary>A text without answer.</summary>
    internal Passage Said(string text) => new(Ids(text), []);

    /// <summary>A question with its answer.</summary>
    /// <param name="text">Question and answer, the value as <see cref="RecallTemplates.Value"/>.</param>
    /// <param name="value">The value, which is the answer, with the space before it where there is one.</param>
    /// <param name="toItsEnd">Whether what stands behind the value belongs to it.</param>
    /// <returns>Null where the tokenizer joins the value with its neighbours, so that it has no tokens of its own.</returns>
    internal Passage? Asked(string text, string value, bool toItsEnd)
    {
        var at = text.LastIndexOf(RecallTemplates.Value, StringComparison.Ordinal);
        var after = text[(at + RecallTemplates.Value.Length)..];
        var start = at > 0 && text[at - 1] == ' ' ? at - 1 : at;
        var before = text[..start];
        var (prompt, whole) = (Ids(before), Ids(before + text[start..at] + value));
        if (whole.Length == prompt.Length || !StartsWith(whole, prompt))
            return null;
        var all = toItsEnd && after.Length > 0 ? Ids(before + text[start..at] + value + after) : whole;
        return StartsWith(all, whole) ? new Passage(all, [new AnswerSpan(prompt.Length, whole.Length - prompt.Length)]) : null;
    }

    private static bool StartsWith(IReadOnlyList<int> ids, IReadOnlyList<int> start)
    {
        if (ids.Count < start.Count)
            return false;
        for (var i = 0; i < start.Count; i++)
            if (ids[i] != start[i])
                return false;
        return true;
    }
}

using System.Text;

namespace Liger.Text;

/// <summary>Turns the scored pieces of a SentencePiece model into merges: any two neighbours whose joining is a piece merge, best score first.</summary>
internal static class SentencePieceMerges
{
    public static BpeModelParts Parts(SentencePieceModel model)
    {
        var vocabulary = new Dictionary<string, int>();
        var mergeable = new List<(string Text, float Score, int Id)>();
        for (var id = 0; id < model.Pieces.Count; id++)
        {
            var (text, score, type) = model.Pieces[id];
            if (type is PieceType.Normal or PieceType.UserDefined)
                mergeable.Add((text, score, id));
            if (type is PieceType.Normal or PieceType.UserDefined or PieceType.Byte)
                vocabulary[text] = id;
        }
        var leftovers = AddCharacters(model, mergeable, vocabulary);
        var ranks = mergeable.Select(p => p.Score).Distinct().OrderDescending().Select((score, rank) => (score, rank)).ToDictionary(r => r.score, r => r.rank);
        var lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        var merges = new List<(int, int, int, int)>(mergeable.Count * 3);
        foreach (var (text, score, id) in mergeable)
        {
            for (var cut = 1; cut < text.Length; cut++)
                if (!char.IsLowSurrogate(text[cut]) && IsSymbol(text.AsSpan(0, cut), out var left) && IsSymbol(text.AsSpan(cut), out var right))
                    merges.Add((left, right, ranks[score], id));
        }
        return new BpeModelParts
        {
            Vocabulary = vocabulary,
            Merges = merges,
            ByteFallback = model.ByteFallback,
            UnknownId = model.UnknownId,
            Leftovers = leftovers,
        };

        bool IsSymbol(ReadOnlySpan<char> text, out int id) => lookup.TryGetValue(text, out id) && (id >= model.Pieces.Count || model.Pieces[id].Type != PieceType.Byte);
    }

    /// <summary>
    /// Gives the characters that occur in pieces without being one ids of their own past the vocabulary, so that they can merge.
    /// Returns what each becomes where it did not merge: its bytes, or the unknown piece.
    /// </summary>
    private static Dictionary<int, int[]> AddCharacters(SentencePieceModel model, List<(string Text, float Score, int Id)> mergeable, Dictionary<string, int> vocabulary)
    {
        var leftovers = new Dictionary<int, int[]>();
        foreach (var rune in mergeable.SelectMany(p => p.Text.EnumerateRunes()).Distinct())
        {
            var text = rune.ToString();
            if (vocabulary.ContainsKey(text))
                continue;
            var id = model.Pieces.Count + leftovers.Count;
            leftovers[id] = model.ByteFallback ? [.. Encoding.UTF8.GetBytes(text).Select(b => vocabulary[$"<0x{b:X2}>"])] : [model.UnknownId];
            vocabulary[text] = id;
        }
        return leftovers;
    }
}

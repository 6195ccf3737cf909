using Liger.Models.Graph;

namespace Liger.Models.Mixers;

/// <summary>Where a token stands.</summary>
/// <param name="Document">Counts the documents of its row from 1; −1 is padding or nothing.</param>
/// <param name="Position">Inside its document.</param>
internal readonly record struct TokenPlace(long Document, long Position);

/// <summary>The places of the tokens that a cache holds of one row.</summary>
internal sealed class TokenRow
{
    private const long Padding = -1;

    private readonly List<TokenPlace> places;

    internal TokenRow(IEnumerable<TokenPlace>? places = null, long document = 0, long next = 0) => (this.places, Document, Next) = ([.. places ?? []], document, next);

    /// <summary>Oldest first.</summary>
    internal IReadOnlyList<TokenPlace> Places => places;

    /// <summary>The document that goes on, from 1; 0 before the first.</summary>
    internal long Document { get; private set; }

    /// <summary>The position that it goes on at.</summary>
    internal long Next { get; private set; }

    internal TokenRow Copy() => new(places, Document, Next);

    /// <summary>Notes new tokens.</summary>
    /// <param name="count">How many.</param>
    /// <param name="layout">Where they belong; null: they go on.</param>
    /// <param name="row">The row of the layout.</param>
    internal void Append(long count, SequenceLayout? layout, int row)
    {
        var (documents, positions) = layout?.Numbers ?? ([], []);
        for (var t = 0; t < count; t++)
        {
            var at = (row * count) + t;
            var position = layout is null ? Next : positions[at];
            if (layout is not null && documents[at] == Padding)
            {
                places.Add(new TokenPlace(Padding, position));
                continue;
            }
            if (position == 0)
                Document++;
            places.Add(new TokenPlace(Document, position));
            Next = position + 1;
        }
    }

    /// <summary>Passes over tokens that go on and that nobody will ask for.</summary>
    internal void Skip(long count)
    {
        if (Next == 0 && count > 0)
            Document++;
        Next += count;
    }

    /// <summary>Indices of what the next token can see.</summary>
    internal IReadOnlyList<int> Visible(int window, int sinks) =>
        [.. Enumerable.Range(0, places.Count).Where(i => places[i].Document == Document && (places[i].Position < sinks || places[i].Position > Next - window))];

    /// <summary>Indices of the current document that are not among these.</summary>
    internal IReadOnlyList<int> Leaving(IReadOnlyList<int> kept)
    {
        var stays = kept.ToHashSet();
        return [.. Enumerable.Range(0, places.Count).Where(i => places[i].Document == Document && !stays.Contains(i))];
    }

    /// <summary>For each of the last tokens, the index of what stands some tokens before it in its document; −1 where nothing does.</summary>
    internal IReadOnlyList<int> Before(int distance, int first, long tokens)
    {
        var at = new Dictionary<TokenPlace, int>();
        for (var i = 0; i < places.Count; i++)
            if (places[i].Document != Padding)
                at[places[i]] = i;
        return [.. places.Skip(places.Count - (int)tokens).Select(p =>
            p.Document != Padding && p.Position - distance >= first && at.TryGetValue(p with { Position = p.Position - distance }, out var index) ? index : -1)];
    }

    /// <summary>Drops neighbours.</summary>
    internal void Drop(int first, int count) => places.RemoveRange(first, count);

    /// <summary>Keeps only these, filled up on the left with nothing.</summary>
    internal void Keep(IReadOnlyList<int> kept, int count)
    {
        TokenPlace[] left = [.. Enumerable.Repeat(new TokenPlace(Padding, 0), count - kept.Count), .. kept.Select(i => places[i])];
        places.Clear();
        places.AddRange(left);
    }
}

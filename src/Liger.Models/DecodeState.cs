using Liger.Models.Graph;
using Liger.Models.Mixers;

namespace Liger.Models;

/// <summary>What decoding remembers of a batch of sequences: one mixer state a layer, and how far each row has come.</summary>
public sealed class DecodeState : IDisposable
{
    private const long Padding = -1;

    private long[]? next;

    internal DecodeState(int batch, IReadOnlyList<MixerState> layers) => (Batch, Layers) = (batch, layers);

    /// <summary>Sequences, B.</summary>
    public int Batch { get; }

    /// <summary>Tokens of the current document seen so far; of rows that differ, in the longest one.</summary>
    public long Position { get; private set; }

    /// <summary>Bytes in use, all layers and sequences together.</summary>
    public long Bytes => Layers.Sum(l => l.Bytes);

    internal IReadOnlyList<MixerState> Layers { get; }

    /// <summary>The position of each row's next token.</summary>
    internal IReadOnlyList<long> Next => next ?? [.. Enumerable.Repeat(Position, Batch)];

    /// <summary>Whether rows have differed so far.</summary>
    internal bool Ragged => next is not null;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var layer in Layers)
            layer.Dispose();
    }

    /// <summary>Goes on from positions that were saved.</summary>
    internal void Restore(long[] positions, bool ragged) => (Position, next) = (positions.Max(), ragged ? positions : null);

    /// <summary>Moves all rows on, which are alike.</summary>
    internal void Advance(long tokens) => Position += tokens;

    /// <summary>Moves on by some tokens of each row.</summary>
    /// <param name="tokens">T.</param>
    /// <param name="layout">Padding and document starts, counted from this call on: document 0 goes on. Null: all rows go on.</param>
    /// <param name="device">Where the result lies.</param>
    /// <returns>Absolute positions, and the index of each row's last token that is no padding; null where all rows are alike.</returns>
    internal (SequenceLayout Layout, long[] Last)? Advance(long tokens, SequenceLayout? layout, Device device)
    {
        if (layout is null && next is null)
        {
            Position += tokens;
            return null;
        }
        next ??= [.. Enumerable.Repeat(Position, Batch)];
        var documents = layout is null ? new long[Batch * tokens] : (long[])layout.Numbers.Documents.Clone();
        var positions = layout is null ? [.. Enumerable.Range(0, Batch).SelectMany(_ => Enumerable.Range(0, (int)tokens).Select(t => (long)t))] : (long[])layout.Numbers.Positions.Clone();
        var last = Enumerable.Repeat(tokens - 1, Batch).ToArray();
        for (var row = 0; row < Batch; row++)
        {
            var from = next[row];
            for (var t = 0; t < tokens; t++)
            {
                var at = (row * tokens) + t;
                if (documents[at] == Padding)
                    continue;
                if (documents[at] == 0)
                    positions[at] += from;
                next[row] = positions[at] + 1;
                last[row] = t;
            }
        }
        Position = next.Max();
        return (SequenceLayout.Of(documents, positions, Batch, tokens, device), last);
    }
}

using Liger.Models.Graph;
using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>
/// Tensors of past tokens, [B,Hkv,n,·] each, such as rotated keys and values, with the place of every token in its document. Rows of a batch
/// may have different lengths, padding and documents; as long as none has, one list of places serves all rows. A document starts where a token
/// has position 0.
/// </summary>
internal sealed class TokenCache : MixerState
{
    private const int FirstCapacity = 64;

    private readonly Tensor[] buffers;
    private readonly IReadOnlyList<CacheColumn> columns;
    private readonly int batch;
    private TokenRow[] rows = [new TokenRow()];

    /// <param name="batch">B.</param>
    /// <param name="kvHeads">Hkv.</param>
    /// <param name="columns">How each tensor is kept.</param>
    /// <param name="device">Where they lie.</param>
    internal TokenCache(int batch, int kvHeads, IReadOnlyList<CacheColumn> columns, Device device)
    {
        (this.batch, this.columns) = (batch, columns);
        buffers = [.. columns.Select(c => empty([batch, kvHeads, FirstCapacity, c.StoredWidth], c.StoredDtype, device).DetachFromDisposeScope())];
    }

    /// <summary>Tokens held for each row, padding counted.</summary>
    internal long Held { get; private set; }

    /// <inheritdoc/>
    public override long Bytes => buffers.Sum(b => BytesOf(b) / b.shape[2]) * Held;

    /// <summary>How the tensors are kept.</summary>
    internal IReadOnlyList<CacheColumn> Columns => columns;

    /// <summary>What is held of one of the tensors, [B,Hkv,n,·], valid until the next change.</summary>
    internal Tensor this[int index] => columns[index].Read(Stored(index));

    /// <summary>The same as it is kept.</summary>
    internal Tensor Stored(int index) => buffers[index].narrow(2, 0, Held);

    /// <summary>Whether all rows hold the same places and none of them padding.</summary>
    internal bool Plain => rows.Length == 1;

    /// <summary>Appends tokens.</summary>
    /// <param name="tensors">[B,T,Hkv,·] each.</param>
    /// <param name="layout">Where the tokens belong; null: the next places of each row's document.</param>
    internal void Append(IReadOnlyList<Tensor> tensors, SequenceLayout? layout)
    {
        var added = tensors[0].shape[1];
        for (var i = 0; i < buffers.Length; i++)
        {
            Reserve(ref buffers[i], Held + added);
            buffers[i].narrow(2, Held, added).copy_(columns[i].Store(tensors[i]).transpose(1, 2));
        }
        if (layout is not null && Plain)
            rows = [.. Enumerable.Range(0, batch).Select(_ => rows[0].Copy())];
        for (var row = 0; row < rows.Length; row++)
            rows[row].Append(added, layout, row);
        Held += added;
    }

    /// <summary>Appends the next tokens of rows that are all alike, without those that leave the window before anyone else comes.</summary>
    /// <param name="tokens">T.</param>
    /// <param name="visibility">Window and sinks.</param>
    /// <param name="part">The tensors of some of them, [B,n,Hkv,·] each, from the first's number and n.</param>
    internal void AppendSeen(long tokens, Visibility visibility, Func<long, long, IReadOnlyList<Tensor>> part)
    {
        var sinks = Math.Clamp(visibility.Sinks - rows[0].Next, 0, tokens);
        var recent = Math.Min(visibility.Window - 1 ?? tokens, tokens - sinks);
        if (sinks > 0)
            Append(part(0, sinks), null);
        rows[0].Skip(tokens - sinks - recent);
        if (recent > 0)
            Append(part(tokens - recent, recent), null);
    }

    /// <summary>What the last tokens may see of all that is held.</summary>
    /// <param name="visibility">Window and sinks.</param>
    /// <param name="queries">How many last tokens ask.</param>
    /// <returns>[queries,n] or [B,queries,n], true where visible.</returns>
    internal Tensor Mask(Visibility visibility, long queries)
    {
        using var scope = NewDisposeScope();
        var (documents, positions) = Places();
        Tensor Last(Tensor x) => x.narrow(1, Held - queries, queries);
        var mask = visibility.Mask(Last(positions), positions, Last(documents), documents);
        return (Plain ? mask[0] : mask).MoveToOuterDisposeScope();
    }

    /// <summary>Document and position of every token that is held, [1 or B,n] each; document −1 is padding or nothing.</summary>
    internal (Tensor Documents, Tensor Positions) Places()
    {
        long[] All(Func<TokenPlace, long> of) => [.. rows.SelectMany(row => row.Places.Select(of))];
        long[] size = [rows.Length, Held];
        var device = buffers[0].device;
        return (torch.tensor(All(p => p.Document), size, device: device), torch.tensor(All(p => p.Position), size, device: device));
    }

    /// <summary>The current document of every row, [1 or B,1].</summary>
    internal Tensor Documents() => torch.tensor([.. rows.Select(row => row.Document)], [rows.Length, 1], device: buffers[0].device);

    /// <summary>For each of the last tokens, what stands some tokens before it in its document.</summary>
    /// <param name="distance">How many tokens before.</param>
    /// <param name="first">Positions before this one do not count.</param>
    /// <param name="tokens">T, how many last tokens.</param>
    /// <returns>[B,Hkv,T,·] each, copied, and [1 or B,T], false where there is nothing.</returns>
    internal (IReadOnlyList<Tensor> Tensors, Tensor Present) Before(int distance, int first, long tokens)
    {
        var indices = rows.Select(row => row.Before(distance, first, tokens)).ToArray();
        var present = torch.tensor([.. indices.SelectMany(row => row.Select(i => i >= 0))], [rows.Length, tokens], device: buffers[0].device);
        return (Read(Gather([.. indices.Select(row => (IReadOnlyList<int>)[.. row.Select(i => Math.Max(i, 0))])])), present);
    }

    /// <summary>The position of every row's next token, [1 or B,1].</summary>
    internal Tensor Next() => torch.tensor([.. rows.Select(row => row.Next)], [rows.Length, 1], device: buffers[0].device);

    /// <summary>Drops what no later token can see: other documents, padding, and what has left the window and is no sink.</summary>
    /// <param name="visibility">Window and sinks; without a window nothing is dropped.</param>
    /// <returns>
    /// What left the window of the rows' current documents, copied, with a mask [B,n] of what is really there; null where nothing did.
    /// </returns>
    internal (IReadOnlyList<Tensor> Tensors, Tensor? Present)? Trim(Visibility visibility)
    {
        if (visibility.Window is not { } window)
            return null;
        if (Plain)
            return TrimPlain(window, visibility.Sinks);
        var kept = rows.Select(row => row.Visible(window, visibility.Sinks)).ToArray();
        if (kept.All(k => k.Count == Held))
            return null;
        var leaving = rows.Select((row, i) => row.Leaving(kept[i])).ToArray();
        (IReadOnlyList<Tensor>, Tensor?)? left = leaving.Any(l => l.Count > 0) ? (Read(Gather(leaving)), Present(leaving)) : null;
        var count = kept.Max(k => k.Count);
        var gathered = Gather(kept);
        for (var i = 0; i < buffers.Length; i++)
            buffers[i].narrow(2, 0, count).copy_(gathered[i]);
        for (var row = 0; row < rows.Length; row++)
            rows[row].Keep(kept[row], count);
        Held = count;
        return left;
    }

    /// <summary>Holds other tokens of the current document, the same for all rows.</summary>
    /// <param name="tensors">[B,Hkv,n,·] each, as kept.</param>
    /// <param name="positions">Their positions, ascending.</param>
    /// <param name="next">The position of the next one.</param>
    internal void Replace(IReadOnlyList<Tensor> tensors, IReadOnlyList<long> positions, long next)
    {
        Held = positions.Count;
        for (var i = 0; i < buffers.Length; i++)
        {
            Reserve(ref buffers[i], Held, keep: 0);
            Stored(i).copy_(tensors[i]);
        }
        rows = [new TokenRow(positions.Select(p => new TokenPlace(rows[0].Document, p)), rows[0].Document, next)];
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Tensor Tensor)> Save()
    {
        for (var i = 0; i < buffers.Length; i++)
            yield return ($"tokens{i}", Stored(i));
        var (documents, positions) = Places();
        yield return ("documents", documents);
        yield return ("positions", positions);
        yield return ("rows", torch.tensor([.. rows.SelectMany(row => new[] { row.Document, row.Next })], [rows.Length, 2]));
    }

    /// <inheritdoc/>
    public override void Load(Func<string, Tensor> tensor)
    {
        using var scope = NewDisposeScope();
        long[] Numbers(string name) => tensor(name).data<long>().ToArray();
        var (documents, positions, last) = (Numbers("documents"), Numbers("positions"), Numbers("rows"));
        var count = last.Length / 2;
        Held = documents.Length / count;
        for (var i = 0; i < buffers.Length; i++)
        {
            Reserve(ref buffers[i], Held, keep: 0);
            Stored(i).copy_(tensor($"tokens{i}"));
        }
        rows = [.. Enumerable.Range(0, count).Select(row => new TokenRow(
            Enumerable.Range(0, (int)Held).Select(t => new TokenPlace(documents[(row * Held) + t], positions[(row * Held) + t])), last[2 * row], last[(2 * row) + 1]))];
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var buffer in buffers)
            buffer.Dispose();
    }

    /// <summary>Rows that are alike hold one document: its sinks in front, and what leaves lies between them and the window.</summary>
    private (IReadOnlyList<Tensor> Tensors, Tensor? Present)? TrimPlain(int window, int sinks)
    {
        var first = Math.Min(sinks, Held);
        var recent = Math.Min(window - 1, Held - first);
        var count = Held - first - recent;
        if (count == 0)
            return null;
        var left = Read([.. buffers.Select(b => b.narrow(2, first, count).clone())]);
        foreach (var buffer in buffers)
        {
            using var moved = buffer.narrow(2, first + count, recent).clone();
            buffer.narrow(2, first, recent).copy_(moved);
        }
        rows[0].Drop((int)first, (int)count);
        Held -= count;
        return (left, null);
    }

    private Tensor[] Read(Tensor[] stored) => [.. stored.Zip(columns, (tensor, column) => column.Read(tensor))];

    /// <summary>The tokens of these indices of each row, filled up on the left; [B,Hkv,n,·] each, as kept, copied.</summary>
    private Tensor[] Gather(IReadOnlyList<int>[] indices)
    {
        var count = indices.Max(i => i.Count);
        var index = torch.tensor([.. indices.SelectMany(i => Enumerable.Repeat(0L, count - i.Count).Concat(i.Select(t => (long)t)))], [indices.Length, 1, count, 1], device: buffers[0].device);
        if (Plain)
            return [.. buffers.Select(b => b.index_select(2, index.flatten()))];
        return [.. buffers.Select(b => b.gather(2, index.expand(batch, b.shape[1], count, b.shape[3])))];
    }

    private Tensor Present(IReadOnlyList<int>[] indices)
    {
        var count = indices.Max(i => i.Count);
        return torch.tensor([.. indices.SelectMany(i => Enumerable.Range(0, count).Select(t => t >= count - i.Count))], [indices.Length, count], device: buffers[0].device);
    }

    private void Reserve(ref Tensor buffer, long needed, long? keep = null)
    {
        var size = buffer.shape;
        if (needed <= size[2])
            return;
        size[2] = Math.Max(needed, 2 * size[2]);
        var larger = empty(size, buffer.dtype, buffer.device);
        if ((keep ?? Held) > 0)
            larger.narrow(2, 0, Held).copy_(buffer.narrow(2, 0, Held));
        Replace(ref buffer, larger);
    }
}

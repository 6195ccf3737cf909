using Liger.Models;

namespace Liger.Evaluation;

/// <summary>Tokens that a model reads, and behind which of them its likeliest next token is asked for.</summary>
/// <param name="Read">The tokens.</param>
/// <param name="Places">Indices into them.</param>
internal sealed record AskedRow(ReadOnlyMemory<int> Read, IReadOnlyList<int> Places);

/// <summary>The likeliest next tokens, many rows in one pass and logits only where they are asked for.</summary>
internal static class Likeliest
{
    /// <summary>Reads rows in batches, the longest first, so that too large a batch shows at once and rows of a batch are nearly equal. Runs without gradients.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="batchTokens">Tokens of a batch, filling included; at least one row is in it.</param>
    /// <param name="cancellation">Ends the work between two batches.</param>
    /// <returns>Batch by batch, each row's number and the likeliest token behind each of its places.</returns>
    internal static IEnumerable<IEnumerable<(int Row, int[] Predicted)>> InBatches(
        CausalLM model, IReadOnlyList<AskedRow> rows, int batchTokens, CancellationToken cancellation)
    {
        var order = Enumerable.Range(0, rows.Count).OrderByDescending(i => rows[i].Read.Length).ToList();
        for (var from = 0; from < order.Count;)
        {
            cancellation.ThrowIfCancellationRequested();
            var batch = order.Skip(from).Take(Math.Max(1, batchTokens / rows[order[from]].Read.Length)).ToList();
            yield return batch.Zip(Of(model, [.. batch.Select(i => rows[i])]));
            from += batch.Count;
        }
    }

    private static List<int[]> Of(CausalLM model, IReadOnlyList<AskedRow> rows)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        var ids = Batches.Rows([.. rows.Select(row => row.Read)], model.Device);
        var tokens = ids.shape[1];
        var places = rows.SelectMany((row, number) => row.Places.Select(place => (number * tokens) + place)).ToArray();
        var hidden = model.Hidden(ids);
        var asked = hidden.reshape(-1, hidden.shape[2]).index_select(0, tensor(places, device: model.Device));
        var all = Of(model, asked);
        var taken = 0;
        var likeliest = new List<int[]>(rows.Count);
        foreach (var row in rows)
        {
            likeliest.Add(all.Slice(taken, row.Places.Count).ToArray());
            taken += row.Places.Count;
        }
        return likeliest;
    }

    private static List<int> Of(CausalLM model, Tensor hidden)
    {
        var most = Batches.LogitRows(Vocabulary.Of(model));
        var chosen = new List<int>();
        for (long from = 0; from < hidden.shape[0]; from += most)
        {
            using var part = NewDisposeScope();
            var logits = model.Logits(hidden.narrow(0, from, Math.Min(most, hidden.shape[0] - from)));
            chosen.AddRange(logits.argmax(-1).cpu().data<long>().ToArray().Select(id => (int)id));
        }
        return chosen;
    }
}

using Liger.Models;

namespace Liger.Evaluation;

/// <summary>Tokens that a model reads, and behind which of them its likeliest next token is asked for.</summary>
/// <param name="Read">The tokens.</param>
/// <param name="Places">Indices into them.</param>
internal sealed record AskedRow(ReadOnlyMemory<int> Read, IReadOnlyList<int> Places);

/// <summary>The likeliest next tokens, many rows in one pass and logits only where they are asked for.</summary>
internal static class Likeliest
{
    /// <summary>Groups rows into batches, the longest first, so that too large a batch shows at once and rows of a batch are nearly equal.</summary>
    /// <param name="lengths">Tokens of each row.</param>
    /// <param name="batchTokens">Tokens of a batch, filling included; at least one row is in it.</param>
    /// <returns>Numbers of rows.</returns>
    internal static IEnumerable<List<int>> Batches(IReadOnlyList<int> lengths, int batchTokens)
    {
        var order = Enumerable.Range(0, lengths.Count).OrderByDescending(i => lengths[i]).ToList();
        for (var from = 0; from < order.Count;)
        {
            var batch = order.Skip(from).Take(Math.Max(1, batchTokens / lengths[order[from]])).ToList();
            yield return batch;
            from += batch.Count;
        }
    }

    /// <summary>Reads rows of one batch. Runs without gradients.</summary>
    /// <returns>For each row, the likeliest token behind each of its places.</returns>
    internal static List<int[]> Of(CausalLM model, IReadOnlyList<AskedRow> rows)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        var ids = Evaluation.Batches.Rows([.. rows.Select(row => row.Read)], model.Device);
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
        var most = Evaluation.Batches.LogitRows(Vocabulary.Of(model));
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

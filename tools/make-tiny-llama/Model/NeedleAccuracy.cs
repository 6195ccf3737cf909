using Liger.Models;
using Liger.TinyLlama.Needles;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.TinyLlama.Model;

/// <summary>How many recall cases a model answers exactly, greedily.</summary>
internal static class NeedleAccuracy
{
    private const int Batch = 32;

    /// <summary>The share of the cases answered exactly, by distance.</summary>
    /// <remarks>All tokens of the answer are read at once: greedy decoding gives the whole answer exactly when each of them is the likeliest after the true ones before it.</remarks>
    public static SortedDictionary<int, double> Measure(CausalLM model, IReadOnlyList<NeedleCase> cases)
    {
        using var grad = torch.no_grad();
        var right = new SortedDictionary<int, (int Right, int All)>();
        foreach (var batch in cases.Chunk(Batch))
            foreach (var (one, ok) in batch.Zip(Answered(model, batch)))
            {
                var (hits, all) = right.GetValueOrDefault(one.Distance);
                right[one.Distance] = (hits + (ok ? 1 : 0), all + 1);
            }
        return new(right.ToDictionary(pair => pair.Key, pair => (double)pair.Value.Right / pair.Value.All));
    }

    private static List<bool> Answered(CausalLM model, NeedleCase[] batch)
    {
        using var scope = torch.NewDisposeScope();
        var length = batch.Max(one => one.Ids.Count + one.AnswerIds.Count);
        var ids = new long[batch.Length * length]; // filled up behind the end, where a causal model does not look
        var positions = new List<long>();
        for (var row = 0; row < batch.Length; row++)
        {
            var (prompt, answer) = (batch[row].Ids, batch[row].AnswerIds);
            for (var t = 0; t < prompt.Count + answer.Count; t++)
                ids[(row * length) + t] = t < prompt.Count ? prompt[t] : answer[t - prompt.Count];
            positions.AddRange(Enumerable.Range(prompt.Count - 1, answer.Count).Select(t => ((long)row * length) + t));
        }
        var hidden = model.Hidden(torch.tensor(ids, [batch.Length, length], ScalarType.Int64, model.Device)).flatten(0, 1);
        var likeliest = model.Logits(hidden.index_select(0, torch.tensor(positions.ToArray(), ScalarType.Int64, model.Device))).argmax(-1).cpu();
        var said = likeliest.data<long>().ToArray();
        var at = 0;
        var results = new List<bool>();
        foreach (var one in batch)
        {
            results.Add(one.AnswerIds.Select(id => (long)id).SequenceEqual(said.Skip(at).Take(one.AnswerIds.Count)));
            at += one.AnswerIds.Count;
        }
        return results;
    }
}

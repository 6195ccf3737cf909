using Liger.Models;
using Liger.Models.Mixers;
using Liger.Ops;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>
/// Fits the key scores of all kv heads at once, to what <see cref="KeyScores"/> draws them: cross-entropy to the strongest attention that a key gets
/// once it is out of sight (<see cref="FarAttention.Strongest"/>), on the original's own projections. A score is a linear function of few features, so
/// Newton's method finds the best one in one pass over the rows; a stage of training with the loss key-scores gets there by steps.
/// </summary>
/// <remarks>Differs from the loss: only keys count that leave the window before the row ends, and features of unit variance are held near 0 by λ = 1.</remarks>
public static class KeyScoreFit
{
    private const double Ridge = 1, LeastSpread = 1e-6;
    private const int BatchTokens = 4096;

    /// <summary>Fits them. The model is the same afterwards.</summary>
    /// <param name="model">The original, or what was made of it.</param>
    /// <param name="rows">Rows of one length, one document each, which should ask for what they said.</param>
    /// <param name="near">What each kv head sees without choosing; one that sees every row whole is left out.</param>
    /// <param name="done">Told after every layer how many are done.</param>
    /// <param name="cancellation">Ends the work between two layers.</param>
    /// <exception cref="TrainingException">No rows, or rows of different lengths.</exception>
    public static KeyScoreTable Fit(CausalLM model, IReadOnlyList<int[]> rows, Func<MixerPlace, Visibility> near, Action<int>? done = null, CancellationToken cancellation = default)
    {
        if (rows.Count == 0 || rows.Any(row => row.Length != rows[0].Length))
            throw new TrainingException($"key scores: rows — expected some, all of one length, got {rows.Count} of {string.Join(", ", rows.Select(row => row.Length).Distinct())} tokens.");
        using var mode = no_grad();
        using var scope = torch.NewDisposeScope();
        using var original = model.AsOriginal();
        var states = rows.Chunk(Math.Max(1, BatchTokens / rows[0].Length)).Select(some => model.Embed(torch.tensor(
            [.. some.SelectMany(row => row.Select(id => (long)id))], [some.Length, some[0].Length], device: model.Device))).ToList();
        var table = new KeyScoreTable();
        try
        {
            for (var layer = 0; layer < model.Layers.Count; layer++)
            {
                cancellation.ThrowIfCancellationRequested();
                Layer(model, layer, states, near, table);
                done?.Invoke(layer + 1);
            }
        }
        catch
        {
            table.Dispose();
            throw;
        }
        return table;
    }

    /// <summary>Fits one layer's, and moves the states through it.</summary>
    private static void Layer(CausalLM model, int layer, List<Tensor> states, Func<MixerPlace, Visibility> near, KeyScoreTable table)
    {
        using var scope = torch.NewDisposeScope();
        var heads = Enumerable.Range(0, model.Config.NumKeyValueHeads).Select(head => new Samples(new MixerPlace(layer, head), near(new MixerPlace(layer, head)))).ToList();
        using (model.Watch((_, input) => heads.ForEach(head => head.Add(input))))
        {
            for (var i = 0; i < states.Count; i++)
            {
                var before = states[i];
                states[i] = model.Through(before, layer).MoveToOuterDisposeScope();
                before.Dispose();
            }
        }
        heads.ForEach(head => head.Fit(table));
    }

    /// <summary>Features and targets of one kv head.</summary>
    private sealed class Samples(MixerPlace head, Visibility near)
    {
        private readonly List<Tensor> features = [];
        private readonly List<Tensor> targets = [];

        internal void Add(MixerInput input)
        {
            var (tokens, from) = (input.Keys.shape[1], near.Sinks);
            var count = tokens - from - (near.Window ?? tokens);
            if (count <= 0)
                return;
            using var scope = torch.NewDisposeScope();
            var at = head.KvHead!.Value;
            var group = input.Queries.shape[2] / input.Keys.shape[2];
            var strongest = FarAttention.Strongest(
                input.Rotary.Apply(input.Queries.narrow(2, at * group, group)), input.Rotary.Apply(input.Keys.narrow(2, at, 1)), near);
            targets.Add(strongest.narrow(1, from, count).reshape(-1).to(ScalarType.Float32).DetachFromDisposeScope());
            features.Add(KeyScoreTable.Features(input, at).narrow(1, from, count).flatten(0, 1).to(ScalarType.Float32).DetachFromDisposeScope());
        }

        internal void Fit(KeyScoreTable table)
        {
            if (features.Count == 0)
                return;
            using var scope = torch.NewDisposeScope();
            var (x, a) = (torch.cat(features), torch.cat(targets));
            features.Concat(targets).ToList().ForEach(part => part.Dispose());
            var mean = x.mean([0]);
            var spread = (x - mean).square().mean([0]).sqrt().clamp_min(LeastSpread);
            x.sub_(mean).div_(spread);
            var w = LogisticFit.Fit(torch.cat([x, torch.ones([x.shape[0], 1], ScalarType.Float32, x.device)], 1), a, Ridge);
            var direction = w.narrow(0, 0, mean.shape[0]) / spread;
            table.Put(head, direction, w.narrow(0, mean.shape[0], 1) - (direction * mean).sum());
        }
    }
}

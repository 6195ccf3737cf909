using Liger.Models;
using Liger.Models.Mixers;
using Liger.Ops;
using Liger.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>
/// Fits the learned key scores of mixers that choose keys or weigh them to where the original's attention goes once a key is out of the window,
/// on the original's own projections. For a score x_j and the strongest later far attention a_j (<see cref="FarAttention.Strongest"/>) of a kv head:
/// loss = mean over heads, Σ_j −a_j log σ(x_j) − (1 − a_j) log σ(−x_j) over a row's keys that are no sinks and no padding, per token.
/// What is not a key score gets no gradient.
/// </summary>
/// <remarks>Source: our own. A key that one query of many needs must be kept, hence the largest weight and not the sum, which text without
/// questions would decide.</remarks>
public sealed class KeyScores : IObjective
{
    private readonly CausalLM model;
    private readonly Trainee trainee;

    /// <param name="model">The model that carries the adapter.</param>
    /// <param name="trainee">What is trained.</param>
    /// <exception cref="TrainingException">No mixer of the model has a learned key score.</exception>
    public KeyScores(CausalLM model, Trainee trainee)
    {
        (this.model, this.trainee) = (model, trainee);
        if (!model.Mixers.Parameters.Any(p => p.Name.EndsWith(".score", StringComparison.Ordinal)))
            throw new TrainingException("key-scores: no mixer of the model has a learned key score — expected selected with key-score learned, or memory. Convert to one, or leave the stage out.");
    }

    /// <inheritdoc/>
    public IReadOnlyList<NamedParameter> Parameters => trainee.Parameters;

    /// <inheritdoc/>
    public int ScoredTokens(PackedRow row) => row.Ids.Length;

    /// <inheritdoc/>
    public Tensor Loss(IReadOnlyList<PackedRow> rows, double scale, long? microStep)
    {
        using var scope = torch.NewDisposeScope();
        return Losses(rows, scale, microStep).mean().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public string? FirstNonFinite(IReadOnlyList<PackedRow> rows, long? microStep)
    {
        using var scope = torch.NewDisposeScope();
        return float.IsFinite(Losses(rows, 1, microStep).sum().item<float>()) ? null : "the key scores";
    }

    /// <inheritdoc/>
    public void Save(string folder) => trainee.Save(folder);

    /// <summary>One loss for each kv head that has a score.</summary>
    private Tensor Losses(IReadOnlyList<PackedRow> rows, double scale, long? microStep)
    {
        trainee.Begin(microStep);
        var recorded = torch.is_grad_enabled();
        var losses = new List<Tensor>();
        var mixers = model.Mixers.Layers;
        using (model.Watch((layer, input) => losses.AddRange(OfLayer(mixers[layer], input, scale, recorded))))
        {
            using var mode = torch.no_grad();
            using var original = model.AsOriginal();
            using var hidden = PackedPass.Hidden(model, rows);
        }
        var all = torch.cat(losses);
        losses.ForEach(loss => loss.Dispose());
        return all;
    }

    private static IEnumerable<Tensor> OfLayer(TokenMixer mixer, MixerInput input, double scale, bool recorded)
    {
        using var scope = torch.NewDisposeScope();
        using var mode = torch.enable_grad(recorded);
        var losses = new List<Tensor>();
        foreach (var scored in mixer.ScoreKeys(input))
        {
            var count = scored.Scores.shape[2];
            var group = input.Queries.shape[2] / input.Keys.shape[2];
            Tensor Heads(Tensor x, long each) => x.narrow(2, scored.KvHead * each, count * each);
            var strongest = FarAttention.Strongest(
                input.Rotary.Apply(Heads(input.Queries, group)), input.Rotary.Apply(Heads(input.Keys, 1)), scored.Near, input.Layout?.Positions, input.Layout?.Documents);
            var scores = scored.Scores.to(ScalarType.Float32);
            var entropy = (strongest.to(ScalarType.Float32) * scores).sub(scores.clamp_min(0)).sub(scores.abs().neg().exp().log1p()).neg();
            losses.Add((entropy * Counted(input, scored.Near.Sinks)).sum([0, 1]).mul(scale).DetachFromDisposeScope());
        }
        return losses;
    }

    /// <summary>[1 or B,T,1] of 1, and 0 where a key is a sink or padding.</summary>
    private static Tensor Counted(MixerInput input, int sinks)
    {
        var positions = input.Layout?.Positions ?? torch.arange(input.Keys.shape[1], device: input.Keys.device);
        var counted = positions.ge(sinks);
        if (input.Layout is { } layout)
            counted = counted.logical_and(layout.Documents.ge(0));
        return counted.view(-1, input.Keys.shape[1], 1).to(ScalarType.Float32);
    }
}

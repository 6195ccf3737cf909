using System.Globalization;
using Liger.Models;
using Liger.Models.Graph;
using Liger.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>
/// Attention transfer: in every layer by itself, what the model's attention gives is drawn to what the original's gives, on the original's own
/// input of that layer, after the output projection. Layers do not depend on each other: a layer's gradient stays in it, and only one layer's
/// graph is held at a time.
/// <para>For the outputs y of the original and ŷ of the model [N, C]: error of a layer = Σₙ|ŷₙ − yₙ|² / Σₙ|yₙ|², a share of what is to be
/// matched, so that layers weigh alike; the sums go over the tokens of a micro-batch. The loss is the mean over layers. All tokens count, those
/// that are followed by an answer of a recall window as often as the answer counts.</para>
/// </summary>
/// <remarks>
/// Source: MOHAWK's second stage (Bick et al. 2024, arXiv 2408.10189) and RADLADS' first (2025, arXiv 2505.03005) compare the mixer's output on
/// the teacher's layer input. Differs: their distance is not squared and not divided by the teacher's size; LoLCATs (2024, arXiv 2410.10254) has
/// the mean square times 1000, in which layers of large outputs outweigh the others.
/// </remarks>
/// <param name="model">The model that carries the adapter.</param>
/// <param name="trainee">What is trained: what lies outside of attention gets no gradient.</param>
public sealed class AttentionTransfer(CausalLM model, Trainee trainee) : IObjective
{
    /// <summary>Keeps an output of nothing but zeros from dividing by 0.</summary>
    private const double SmallestSquare = 1e-30;

    /// <inheritdoc/>
    public IReadOnlyList<NamedParameter> Parameters => trainee.Parameters;

    /// <inheritdoc/>
    /// <remarks>The error of each layer.</remarks>
    public IReadOnlyList<string> Signs { get; } = [.. model.Layers.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"layer_{i}"))];

    /// <inheritdoc/>
    public int ScoredTokens(PackedRow row) => row.Ids.Length;

    /// <inheritdoc/>
    public Tensor Loss(IReadOnlyList<PackedRow> rows, double scale, long? microStep)
    {
        using var scope = torch.NewDisposeScope();
        return Errors(rows, scale, microStep, backward: false).mean().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Backward(IReadOnlyList<PackedRow> rows, double scale, long? microStep)
    {
        using var scope = torch.NewDisposeScope();
        return Errors(rows, scale, microStep, backward: true).mean().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Measure(IReadOnlyList<PackedRow> rows, double scale)
    {
        using var scope = torch.NewDisposeScope();
        var errors = Errors(rows, scale, null, backward: false);
        return torch.cat([errors.mean().unsqueeze(0), errors]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public string? FirstNonFinite(IReadOnlyList<PackedRow> rows, long? microStep)
    {
        using var scope = torch.NewDisposeScope();
        var first = Array.FindIndex(Errors(rows, 1, microStep, backward: false).cpu().data<float>().ToArray(), error => !float.IsFinite(error));
        return first < 0 ? null : string.Create(CultureInfo.InvariantCulture, $"model.layers.{first}.self_attn");
    }

    /// <inheritdoc/>
    public void Save(string folder) => trainee.Save(folder);

    /// <summary>Error × tokens × scale of each layer, [L]; after a backward pass, which lets go of each layer's graph, without one.</summary>
    private Tensor Errors(IReadOnlyList<PackedRow> rows, double scale, long? microStep, bool backward)
    {
        trainee.Begin(microStep);
        using var ids = NextTokenLoss.Ids(rows, model.Device);
        using var layout = SequenceLayout.Packed([.. rows.Select(row => row.DocumentStarts)], (int)ids.shape[1], model.Device);
        using var counted = Counted(rows, ids);
        var tokens = rows.Sum(ScoredTokens);
        var errors = new List<Tensor>();
        model.BesideOriginal(ids, layout, (_, original, own) =>
        {
            var wanted = original.to(ScalarType.Float32);
            var distance = own.to(ScalarType.Float32).sub(wanted).square();
            var size = wanted.square();
            if (counted is not null)
                (distance, size) = (distance.mul(counted), size.mul(counted));
            var error = distance.sum().div(size.sum().clamp_min(SmallestSquare)).mul(tokens * scale);
            if (backward && error.requires_grad)
            {
                error.div(model.Layers.Count).backward();
                error = error.detach();
            }
            errors.Add(error.DetachFromDisposeScope());
        });
        var all = torch.stack(errors);
        errors.ForEach(error => error.Dispose());
        return all;
    }

    /// <summary>How many times each token counts, [B, T, 1]: not at all behind the end of a shorter row, and a token that an answer follows as often as the answer does; null where all count once.</summary>
    private static Tensor? Counted(IReadOnlyList<PackedRow> rows, Tensor ids)
    {
        var length = (int)ids.shape[1];
        if (rows.All(row => row.Ids.Length == length && (row.AnswerWeight <= 1 || row.Answers.Count == 0)))
            return null;
        var counted = new float[rows.Count * length];
        for (var r = 0; r < rows.Count; r++)
        {
            counted.AsSpan(r * length, rows[r].Ids.Length).Fill(1);
            foreach (var t in ScoredPositions.Repeats(rows[r]))
                counted[(r * length) + t - 1]++;
        }
        return torch.tensor(counted, [rows.Count, length, 1], ScalarType.Float32, ids.device);
    }
}

using Liger.Models;
using Liger.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>Next-token loss of a model, for the parameters of an adapter or for all parameters of the model.</summary>
/// <param name="model">The model.</param>
/// <param name="trainee">What is trained.</param>
/// <param name="besideOriginal">Whether validation measures KL to the original (<see cref="CausalLM.AsOriginal"/>) too, as a sign; only where the base is
/// frozen.</param>
public sealed class NextToken(CausalLM model, Trainee trainee, bool besideOriginal = false) : IObjective
{
    /// <inheritdoc/>
    public IReadOnlyList<NamedParameter> Parameters => trainee.Parameters;

    /// <summary>Trains an adapter (<see cref="Trainee.Lora"/>).</summary>
    public static NextToken Lora(CausalLM model, LoraAdapter adapter, string? baseModel = null) => new(model, Trainee.Lora(model, adapter, baseModel));

    /// <summary>Trains every parameter of the model (<see cref="Trainee.All"/>).</summary>
    public static NextToken All(CausalLM model, Action<string> save) => new(model, Trainee.All(model, save));

    /// <inheritdoc/>
    public int ScoredTokens(PackedRow row) => NextTokenLoss.ScoredTokens(row);

    /// <inheritdoc/>
    public Tensor Loss(IReadOnlyList<PackedRow> rows, double scale, long? microStep)
    {
        using var scope = torch.NewDisposeScope();
        trainee.Begin(microStep);
        return NextTokenLoss.Sum(PackedPass.Hidden(model, rows), model.Head, rows, scale).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <remarks>KL(original ‖ model) over all tokens, where it is asked for.</remarks>
    public IReadOnlyList<string> Signs => besideOriginal ? ["kl"] : [];

    /// <inheritdoc/>
    public Tensor Measure(IReadOnlyList<PackedRow> rows, double scale)
    {
        using var scope = torch.NewDisposeScope();
        if (!besideOriginal)
            return Loss(rows, scale, null).unsqueeze(0).MoveToOuterDisposeScope();
        var (student, original, targets) = PackedPass.BesideOriginal(model, rows, () => trainee.Begin(null));
        return torch.stack(
        [
            LinearCrossEntropy.Sum(student, model.Head, targets, scale), LinearDivergence.Sum(student, original, model.Head, targets, scale, new DistillationOptions()),
        ]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public string? FirstNonFinite(IReadOnlyList<PackedRow> rows, long? microStep)
    {
        using var scope = torch.NewDisposeScope();
        trainee.Begin(microStep);
        return new FiniteProbe(model).First(() => PackedPass.Hidden(model, rows)) ?? (float.IsFinite(Loss(rows, 1, microStep).item<float>()) ? null : "lm_head");
    }

    /// <inheritdoc/>
    public void Save(string folder) => trainee.Save(folder);
}

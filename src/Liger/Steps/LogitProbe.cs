using Liger.Checkpoints;
using Liger.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Steps;

/// <summary>Compares two models by their logits on the same tokens.</summary>
internal sealed class LogitProbe : IDisposable
{
    // Long enough to leave every usual window, short enough for an 8B model on a CPU.
    private const int Rows = 2, Length = 96;
    private const int Seed = 1;
    private readonly Tensor ids;
    private Tensor? remembered;

    private LogitProbe(Tensor ids) => this.ids = ids;

    /// <summary>Random tokens of a model's vocabulary, the same every time.</summary>
    internal static LogitProbe Create(ModelOptions model)
    {
        var config = HfConfig.Load(model.Checkpoint);
        var random = new Random(Seed);
        var ids = new long[Rows * Math.Min(Length, config.MaxPositionEmbeddings)];
        for (var i = 0; i < ids.Length; i++) ids[i] = random.Next(config.VocabSize);
        return new LogitProbe(torch.tensor(ids, [Rows, ids.Length / Rows], ScalarType.Int64));
    }

    /// <summary>
    /// How far logits may lie apart by the rounding of merged weights alone. Of fp32 weights 1e-3, which leaves room for sums in
    /// another order; of 16-bit weights what their last bit is worth after a deep model: about 1 % of logits of the order of 20, and as much again
    /// where activations are rounded to 16 bits too.
    /// </summary>
    internal static double Tolerance(ScalarType stored, ScalarType computed) => IsWide(stored) ? 1e-3 : IsWide(computed) ? 0.25 : 0.5;

    internal void Remember(CausalLM model) => remembered = Logits(model);

    /// <summary>The largest absolute difference from the remembered logits; NaN when a logit is not finite.</summary>
    internal double Difference(CausalLM model)
    {
        using var now = Logits(model);
        using var apart = (now - remembered!).abs().max();
        return apart.item<float>();
    }

    public void Dispose()
    {
        ids.Dispose();
        remembered?.Dispose();
    }

    private static bool IsWide(ScalarType type) => type is ScalarType.Float32 or ScalarType.Float64;

    private Tensor Logits(CausalLM model)
    {
        using var scope = torch.NewDisposeScope();
        return model.forward(ids.to(model.Device)).to(ScalarType.Float32).cpu().MoveToOuterDisposeScope();
    }
}

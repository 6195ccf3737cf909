using Liger.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>The loss over rows that are not trained on.</summary>
internal static class Validation
{
    /// <summary>The loss and the objective's signs, per scored token, without dropout; null when cancelled on the way.</summary>
    public static double[]? Measure(IObjective objective, IReadOnlyList<PackedRow> rows, int batch, CancellationToken cancellation)
    {
        var scored = rows.Sum(row => (long)objective.ScoredTokens(row));
        using var grad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        Tensor? total = null;
        foreach (var micro in rows.Chunk(batch))
        {
            if (cancellation.IsCancellationRequested)
                return null;
            using var inner = torch.NewDisposeScope();
            var measured = objective.Measure(micro, 1.0 / scored);
            // In fp64: the sum over many batches must not depend on how they are cut.
            var value = measured.to(ScalarType.Float64);
            total = (total is null ? value : total.add(value)).MoveToOuterDisposeScope();
        }
        return total!.cpu().data<double>().ToArray();
    }
}

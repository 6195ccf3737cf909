using Liger.Text;
using TorchSharp;

namespace Liger.Training;

/// <summary>Finds out where a NaN or an infinity came from and words the error.</summary>
internal static class NonFinite
{
    private const string Remedy = "The parameters were not changed by this step. Lower the learning rate, lengthen the warm-up or check the data, and resume from the last saved state.";

    public static TrainingException InStep(IObjective objective, ParameterSet parameters, List<PackedRow[]> batches, long step, long microStep, double loss)
    {
        var layer = Where(objective, batches, microStep);
        if (layer is not null)
            return Error($"step {step}: the loss is {loss} — the first value that is not finite is in the output of {layer}. {Remedy}", step, layer);
        var parameter = parameters.FirstNonFiniteGradient();
        return Error($"step {step}: a gradient is not finite — expected finite values, first met in the gradient of {parameter ?? "no single parameter: their norm overflows"}. {Remedy}", step, parameter);
    }

    public static TrainingException InValidation(IObjective objective, IReadOnlyList<PackedRow> rows, int batch, long step, double loss)
    {
        var layer = Where(objective, [.. rows.Chunk(batch)], null);
        return Error($"validation after step {step}: the loss is {loss} — the first value that is not finite is in the output of {layer ?? "the loss"}. {Remedy}", step, layer);
    }

    private static string? Where(IObjective objective, List<PackedRow[]> batches, long? microStep)
    {
        using var grad = torch.no_grad();
        for (var i = 0; i < batches.Count; i++)
        {
            using var scope = torch.NewDisposeScope();
            if (objective.FirstNonFinite(batches[i], microStep + i) is { } layer)
                return layer;
        }
        return null;
    }

    private static TrainingException Error(string message, long step, string? layer) => new(message) { Step = step, Layer = layer };
}

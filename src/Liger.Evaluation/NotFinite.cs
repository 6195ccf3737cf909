using Liger.Models;

namespace Liger.Evaluation;

/// <summary>Finds where in a model the numbers stop being numbers.</summary>
internal static class NotFinite
{
    /// <summary>Runs the same tokens again, looking at every layer.</summary>
    public static EvaluationException Found(CausalLM model, Tensor ids, string what)
    {
        string? place = null;
        var before = model.Probe;
        model.Probe = (name, values) =>
        {
            using var scope = NewDisposeScope();
            if (place is null && !values.isfinite().all().item<bool>())
                place = name;
        };
        try
        {
            using var scope = NewDisposeScope();
            model.Hidden(ids.to(model.Device));
        }
        finally
        {
            model.Probe = before;
        }
        return new EvaluationException($"{what} — expected a finite number; it is lost first in {place ?? "lm_head"}. Try float32, or check the adapter and the weights.");
    }
}

using Liger.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>Watches a forward pass for the first output that has a NaN or an infinity.</summary>
internal sealed class FiniteProbe(CausalLM model)
{
    /// <summary>The name of that output; null where all are finite.</summary>
    /// <param name="pass">Runs the model.</param>
    public string? First(Func<Tensor> pass)
    {
        string? first = null;
        var earlier = model.Probe;
        model.Probe = (name, value) =>
        {
            using var scope = torch.NewDisposeScope();
            if (first is null && !value.isfinite().all().item<bool>())
                first = name;
        };
        try
        {
            using var result = pass();
            return first;
        }
        finally
        {
            model.Probe = earlier;
        }
    }
}

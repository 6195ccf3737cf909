using Liger.Models;
using Liger.Models.Graph;
using Liger.Models.Mixers;
using Liger.Models.Tests;
using Liger.Ops.Cuda;

namespace Liger.Gpu.Tests;

/// <summary>The original and a converted layer beside it, whose residual sums and norms are kernels on a GPU.</summary>
[Trait("Category", "Gpu")]
public class BesideOriginalTests
{
    /// <summary>Both forms round to bf16 at the same places; how the roundings fall differs.</summary>
    private const double MoreThanPlain = 1.5;

    [GpuTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Kernels_are_as_near_to_float64_as_the_plain_form(bool packed)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var config = TinyModel.Config("llama", ("hidden_size", 256), ("num_hidden_layers", 3));
        using var narrow = TinyModel.Make(MixerSpec.Parse("liger-gla"), config, bfloat16, Gpu.Device);
        using var wide = TinyModel.Make(MixerSpec.Parse("liger-gla"), config, float64, Gpu.Device);
        foreach (var ((_, rounded), (_, exact)) in narrow.Parameters.Zip(wide.Parameters))
        {
            // Scores of the order of one.
            if (rounded.Dimensions == 2)
                rounded.mul_(0.1);
            exact.copy_(rounded);
        }
        var ids = TinyModel.Ids(2, 150, Gpu.Device);
        using var layout = packed ? SequenceLayout.Packed([[0, 20, 23], [0, 100]], 150, Gpu.Device) : null;
        var (expected, kernels) = (Outputs(wide), Outputs(narrow));
        CudaKernels.Enabled = false;
        var plain = Outputs(narrow);
        CudaKernels.Enabled = true;
        Assert.Equal(6, expected.Count);
        for (var i = 0; i < expected.Count; i++)
        {
            double Error(Tensor x) => ((x.to(float64) - expected[i]).norm() / expected[i].norm()).item<double>();
            var (with, without) = (Error(kernels[i]), Error(plain[i]));
            Assert.True(with <= MoreThanPlain * without, $"output {i}: off by {with:G3} with kernels, {without:G3} without");
        }

        List<Tensor> Outputs(CausalLM model)
        {
            var outputs = new List<Tensor>();
            Tensor Kept(Tensor x) => x.clone().DetachFromDisposeScope();
            model.BesideOriginal(ids, layout, (_, original, own) => outputs.AddRange([Kept(original), Kept(own)]));
            return outputs;
        }
    }
}

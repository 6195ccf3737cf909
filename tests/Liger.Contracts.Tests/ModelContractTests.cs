using Liger.Models.Tests;
using Liger.Testing;

namespace Liger.Contracts.Tests;

/// <summary>Every registered mixer inside a model of two layers.</summary>
public class ModelContractTests
{
    // The logits of this model are of the order of ten and pass through two layers of sums in another order.
    private const double Fp32 = 2e-4;

    public static TheoryData<string> Mixers => MixerContractTests.Mixers;

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Steps_equal_the_parallel_form(string mixer)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using var model = TinyModel.Make(Case.Spec(mixer));
        var ids = TinyModel.Ids(2, 90);
        var whole = model.forward(ids);
        using var state = model.NewState(2);
        foreach (var cut in new[] { 66, 1, 1, 20, 1, 1 })
        {
            var logits = model.Step(ids.narrow(1, state.Position, cut), state);
            TensorAssert.Close(logits, whole.select(1, state.Position - 1), Fp32, $"after {state.Position}");
        }
        var perSequence = model.Layers.Sum(l => l.Attention.Mixer.StateBytes(90, sizeof(float)));
        Assert.Equal(2 * perSequence, state.Bytes);
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Nothing_stays_alive_and_bf16_trains(string mixer)
    {
        var before = Tensor.TotalCount;
        using (var model = TinyModel.Make(Case.Spec(mixer), dtype: bfloat16))
        using (var scope = NewDisposeScope())
        {
            foreach (var (_, weight) in model.Parameters)
                weight.requires_grad = true;
            var logits = model.forward(TinyModel.Ids(2, 33));
            logits.to(float32).logsumexp(-1).sum().backward();
            Assert.True(logits.isfinite().all().item<bool>());
            Assert.All(model.Parameters, p => Assert.True(p.Weight.grad is null || p.Weight.grad.isfinite().all().item<bool>(), p.Name));
            using var state = model.NewState(2);
            using var mode = no_grad();
            for (var t = 0; t < 12; t++)
                model.Step(TinyModel.Ids(2, 1), state).Dispose();
        }
        Assert.Equal(before, Tensor.TotalCount);
    }
}

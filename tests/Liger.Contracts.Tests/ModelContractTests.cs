using Liger.Models.Decoding;
using Liger.Models.Graph;
using Liger.Models.Tests;
using Liger.Testing;

namespace Liger.Contracts.Tests;

/// <summary>Every registered mixer inside a model of two layers.</summary>
public class ModelContractTests : PlacedTests
{
    // The logits of this model are of the order of ten and pass through two layers of sums in another order.
    private const double Fp32 = 2e-4;

    /// <summary>Where numbers are rounded to few bits, sums in another order must not differ by what can change a rounding.</summary>
    private static ScalarType Dtype(string mixer) => mixer.EndsWith(Case.InInt8, StringComparison.Ordinal) ? float64 : float32;

    public static TheoryData<string> Mixers => MixerTests.Mixers;

    public override bool Take(ScalarType dtype) => dtype == float32;

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Steps_equal_the_parallel_form(string mixer)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using var model = TinyModel.Make(Case.Spec(mixer), dtype: Dtype(mixer), device: On.Device);
        var ids = TinyModel.Ids(2, 90, On.Device);
        var whole = model.forward(ids);
        using var state = model.NewState(2);
        foreach (var cut in new[] { 66, 1, 1, 20, 1, 1 })
        {
            var logits = model.Step(ids.narrow(1, state.Position, cut), state);
            TensorAssert.Close(logits, whole.select(1, state.Position - 1), Fp32, $"after {state.Position}");
        }
        // Announced are the sizes of decoding, whose recurrent states are fp32.
        if (model.Dtype != float64)
            Assert.Equal(2 * model.Layers.Sum(l => l.Attention.Mixer.StateBytes(90, sizeof(float))), state.Bytes);
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Rows_of_different_lengths_decode_as_each_alone(string mixer)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using var model = TinyModel.Make(Case.Spec(mixer), dtype: Dtype(mixer), device: On.Device);
        var ids = TinyModel.Ids(2, 60, On.Device);
        foreach (var left in new[] { true, false })
        {
            using var state = model.NewState(2);
            using (var prompt = SequenceLayout.Padded([30, 11], 30, left, On.Device))
                TensorAssert.Close(model.Step(Laid([30, 11]), state, prompt), cat([Alone(0, 30), Alone(1, 11)]), Fp32, $"prompt, left {left}");
            using (var more = SequenceLayout.Padded([2, 9], 9, left, On.Device))
                TensorAssert.Close(model.Step(Laid([2, 9], [30, 11]), state, more), cat([Alone(0, 32), Alone(1, 20)]), Fp32, $"more, left {left}");
            for (var i = 0; i < 12; i++)
                TensorAssert.Close(model.Step(cat([ids.narrow(0, 0, 1).narrow(1, 32 + i, 1), ids.narrow(0, 1, 1).narrow(1, 20 + i, 1)]), state), cat([Alone(0, 33 + i), Alone(1, 21 + i)]), Fp32, $"token {i}, left {left}");
            Assert.Equal(44, state.Position);

            Tensor Laid(int[] counts, int[]? from = null)
            {
                var laid = zeros([2, counts.Max()], int64, On.Device);
                for (var row = 0; row < 2; row++)
                    laid[row].narrow(0, left ? counts.Max() - counts[row] : 0, counts[row]).copy_(ids[row].narrow(0, from?[row] ?? 0, counts[row]));
                return laid;
            }
        }

        Tensor Alone(int row, int tokens) => model.forward(ids.narrow(0, row, 1).narrow(1, 0, tokens))[.., tokens - 1];
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void A_saved_state_goes_on_bit_by_bit_as_often_as_it_is_loaded(string mixer)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using var folder = new TemporaryFolder();
        using var model = TinyModel.Make(Case.Spec(mixer), device: On.Device);
        var ids = TinyModel.Ids(2, 50, On.Device);
        foreach (var ragged in new[] { false, true })
        {
            using var state = model.NewState(2);
            using var layout = ragged ? SequenceLayout.Padded([40, 13], 40, left: false, On.Device) : null;
            model.Step(ids.narrow(1, 0, 40), state, layout);
            StateFile.Save(folder["state"], model, state, new Dictionary<string, string> { ["note"] = "kept" });
            var (first, notes) = StateFile.Load(folder["state"], model);
            var (second, _) = StateFile.Load(folder["state"], model);
            using (first)
            using (second)
            {
                Assert.Equal("kept", notes["note"]);
                Assert.Equal(state.Bytes, first.Bytes);
                for (var t = 40; t < 50; t++)
                {
                    var expected = model.Step(ids.narrow(1, t, 1), state);
                    TensorAssert.Same(model.Step(ids.narrow(1, t, 1), first), expected);
                    TensorAssert.Same(model.Step(ids.narrow(1, t, 1), second), expected);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Nothing_stays_alive_and_bf16_trains(string mixer)
    {
        var before = LiveTensors.Count();
        using (var model = TinyModel.Make(Case.Spec(mixer), dtype: bfloat16, device: On.Device))
        using (var scope = NewDisposeScope())
        {
            foreach (var (_, weight) in model.Parameters)
                weight.requires_grad = true;
            var logits = model.forward(TinyModel.Ids(2, 33, On.Device));
            logits.to(float32).logsumexp(-1).sum().backward();
            Assert.True(logits.isfinite().all().item<bool>());
            Assert.All(model.Parameters, p => Assert.True(p.Weight.grad is null || p.Weight.grad.isfinite().all().item<bool>(), p.Name));
            using var state = model.NewState(2);
            using var mode = no_grad();
            for (var t = 0; t < 12; t++)
                model.Step(TinyModel.Ids(2, 1, On.Device), state).Dispose();
        }
        Assert.Equal(before, Tensor.TotalCount);
    }
}

using Liger.Models.Graph;
using Liger.Models.Mixers;
using Liger.Ops;
using Liger.Testing;

namespace Liger.Contracts.Tests;

/// <summary>What every registered mixer must hold of its gradients, of fewer bits and of extreme values.</summary>
public class MixerArithmeticTests : MixerTests
{
    [Theory]
    [MemberData(nameof(Mixers))]
    public void Gradients_follow_finite_differences(string mixer)
    {
        // Rounding has steps, through which its gradient goes straight.
        if (!On.IsPrecise || mixer.EndsWith(Case.InInt8, StringComparison.Ordinal))
            return;
        using var scope = NewDisposeScope();
        var it = new Case(mixer, On);
        const long tokens = 70;
        var input = it.Input(1, tokens, float64);
        var weight = it.Input(1, tokens, float64, seed: 4).Queries;
        Tensor[] leaves = [input.Queries.requires_grad_(), input.Keys.requires_grad_(), input.Values.requires_grad_()];
        Tensor Value(Tensor[] of) => (it.Mixer.Parallel(new MixerInput(of[0], of[1], of[2], input.Rotary)) * weight).sum();

        var grads = autograd.grad([Value(leaves)], leaves, allow_unused: true);
        const double step = 1e-5;
        using var mode = no_grad();
        for (var i = 0; i < leaves.Length; i++)
        {
            var direction = randn(leaves[i].shape, float64, generator: new Generator((ulong)(10 + i))).to(On.Device);
            double At(double move) => Value([.. leaves.Select((leaf, j) => j == i ? leaf + (direction * move) : leaf)]).item<double>();
            var numeric = (At(step) - At(-step)) / (2 * step);
            var exact = grads[i] is null ? 0 : (grads[i] * direction).sum().item<double>();
            Assert.True(Math.Abs(numeric - exact) < 1e-6 * Math.Max(1, Math.Abs(exact)), $"input {i}: expected {numeric:G9}, got {exact:G9}");
        }
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Keys_and_values_that_8_bits_hold_are_used_as_they_are_gradients_included(string mixer)
    {
        if (!On.IsPrecise || !mixer.EndsWith(Case.InInt8, StringComparison.Ordinal))
            return;
        using var scope = NewDisposeScope();
        const long tokens = 70;
        var random = new Case(mixer, On).Input(1, tokens, float64);
        var (cos, sin) = (ones_like(random.Rotary.Cos), zeros_like(random.Rotary.Sin));
        var weight = new Case(mixer, On).Input(1, tokens, float64, seed: 4).Queries;
        List<Tensor> Results(string text)
        {
            var it = new Case(text, On);
            Tensor[] leaves = [random.Queries.detach(), Int8Rows.Round(random.Keys.detach()), Int8Rows.Round(random.Values.detach())];
            foreach (var leaf in leaves)
                leaf.requires_grad_();
            var output = it.Mixer.Parallel(new MixerInput(leaves[0], leaves[1], leaves[2], new RotaryTable(cos, sin)));
            return [output, .. autograd.grad([(output * weight).sum()], leaves)];
        }

        foreach (var (packed, plain) in Results(mixer).Zip(Results(mixer[..^Case.InInt8.Length])))
            TensorAssert.Close(packed, plain);
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Gradients_of_declared_parameters_follow_finite_differences(string mixer)
    {
        // Ranks of selected keys are hard: no gradient reaches their score.
        if (!On.IsPrecise || mixer.StartsWith("selected", StringComparison.Ordinal))
            return;
        using var scope = NewDisposeScope();
        var it = new Case(mixer, On);
        var input = it.Input(1, 70, float64);
        var weight = it.Input(1, 70, float64, seed: 4).Queries;
        double Value() => (it.Mixer.Parallel(input) * weight).sum().item<double>();
        foreach (var (name, parameter) in it.Mixer.Parameters)
        {
            var value = parameter.Value;
            value.requires_grad = true;
            var exact = autograd.grad([(it.Mixer.Parallel(input) * weight).sum()], [value])[0].to(float64);
            value.requires_grad = false;
            using var mode = no_grad();
            var direction = randn(value.shape, float32, generator: new Generator(8)).to(On.Device);
            using var start = value.clone();
            // The parameters are fp32, and so are their steps: the steps taken are measured.
            value.copy_(start + (direction * 1e-3));
            var (high, up) = (Value(), value.to(float64));
            value.copy_(start - (direction * 1e-3));
            var (low, down) = (Value(), value.to(float64));
            value.copy_(start);
            var expected = ((up - down) * exact).sum().item<double>();
            Assert.True(Math.Abs(high - low - expected) < 1e-4 * Math.Max(1e-3, Math.Abs(expected)), $"{name}: expected {high - low:G9}, got {expected:G9}");
        }
        foreach (var (_, parameter) in it.Mixer.Parameters)
            parameter.Dispose();
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Results_do_not_depend_on_what_was_in_memory(string mixer)
    {
        using var scope = NewDisposeScope();
        var it = new Case(mixer, On);
        var input = it.Input(2, 100);
        Tensor[] leaves = [input.Queries.requires_grad_(), input.Keys.requires_grad_(), input.Values.requires_grad_()];
        (Tensor Output, List<Tensor> Grads, Tensor Steps) Results()
        {
            On.Poison();
            var output = it.Mixer.Parallel(input);
            var grads = autograd.grad([output.to(float32).square().sum()], leaves, allow_unused: true);
            using var mode = no_grad();
            return (output, [.. grads.OfType<Tensor>()], it.Extended(input, 70, 1));
        }
        var (first, second) = (Results(), Results());
        TensorAssert.Same(second.Output, first.Output, "output");
        TensorAssert.Same(second.Steps, first.Steps, "steps");
        // Sums over rows that several tokens name may be added up in any order on a GPU.
        foreach (var (again, before) in second.Grads.Zip(first.Grads))
            On.Close(again, before, name: "gradient");
        foreach (var (_, parameter) in it.Mixer.Parameters)
            parameter.Dispose();
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Sixteen_bits_come_near_the_same_in_float64(string mixer)
    {
        // The ranks of selected keys change with the rounding.
        if (On.IsPrecise || mixer.StartsWith("selected", StringComparison.Ordinal))
            return;
        using var scope = NewDisposeScope();
        var it = new Case(mixer, On);
        var input = it.Input(2, 200);
        var weight = it.Input(2, 200, seed: 4).Queries;
        (Tensor Output, Tensor Grads) Results(ScalarType dtype)
        {
            Tensor[] leaves = [.. new[] { input.Queries, input.Keys, input.Values }.Select(x => x.detach().to(dtype).requires_grad_())];
            var output = it.Mixer.Parallel(new MixerInput(leaves[0], leaves[1], leaves[2], new RotaryTable(input.Rotary.Cos.to(dtype), input.Rotary.Sin.to(dtype))));
            var grads = autograd.grad([(output * weight.to(dtype)).sum(type: dtype == float64 ? float64 : float32)], leaves, allow_unused: true);
            return (output.detach(), cat([.. grads.OfType<Tensor>().Select(g => g.flatten())]));
        }
        var (narrow, wide) = (Results(bfloat16), Results(float64));
        foreach (var (_, parameter) in it.Mixer.Parameters)
            parameter.Dispose();
        On.Close(narrow.Output, wide.Output.to(bfloat16), name: "output");
        // The published hybrid measures its scores from their largest, and which that is changes with the rounding too.
        if (mixer.StartsWith("lolcats", StringComparison.Ordinal))
            return;
        // Together: those behind normalising maps are small differences of large numbers, which the values' gradient shows the size of.
        On.Close(narrow.Grads, wide.Grads.to(bfloat16), name: "gradients");
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Extreme_gates_stay_finite_and_nothing_stays_alive(string mixer)
    {
        var before = LiveTensors.Count();
        using (var scope = NewDisposeScope())
        {
            var it = new Case(mixer, On);
            foreach (var (dtype, scale) in new[] { (float32, 50.0), (bfloat16, 50.0), (float32, 1e4), (bfloat16, 1.0) })
            {
                var input = it.Input(2, 70, dtype, scale: scale);
                Tensor[] leaves = [input.Queries.requires_grad_(), input.Keys.requires_grad_(), input.Values.requires_grad_()];
                var output = it.Mixer.Parallel(input);
                Assert.True(output.isfinite().all().item<bool>(), $"output, {dtype}, {scale}");
                Assert.Equal(dtype, output.dtype);
                foreach (var grad in autograd.grad([output.sum()], leaves, allow_unused: true))
                    Assert.True(grad is null || grad.isfinite().all().item<bool>(), $"gradient, {dtype}, {scale}");
                using var mode = no_grad();
                it.Extended(input, 30, 1);
            }
            foreach (var (_, parameter) in it.Mixer.Parameters)
                parameter.Dispose();
        }
        Assert.Equal(before, Tensor.TotalCount);
    }
}

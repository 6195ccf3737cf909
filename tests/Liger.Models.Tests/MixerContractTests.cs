using Liger.Models.Graph;
using Liger.Models.Mixers;
using Liger.Testing;

namespace Liger.Models.Tests;

/// <summary>What every registered mixer must hold, inside a model of two layers.</summary>
public class MixerContractTests
{
    // Recurrent states are fp32 and sums are taken in another order; the logits of this model are of the order of ten.
    private const double Fp32 = 2e-4;

    private static readonly Dictionary<string, string> Small = new() { ["window"] = "8", ["sinks"] = "2" };

    public static TheoryData<string> Mixers => [.. MixerCatalog.All.Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Later_tokens_do_not_change_earlier_logits(string name)
    {
        using var scope = NewDisposeScope();
        using var model = Make(name);
        var ids = TinyModel.Ids(1, 40);
        var changed = ids.clone();
        changed[.., 25..] = changed[.., 25..].add(1).remainder(50);
        TensorAssert.Close(model.forward(changed)[.., ..25], model.forward(ids)[.., ..25]);
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Steps_and_any_split_equal_the_parallel_form(string name)
    {
        using var scope = NewDisposeScope();
        using var model = Make(name);
        using var mode = no_grad();
        foreach (var tokens in new[] { 1, 7, 8, 9, 70, 133 })
        {
            var ids = TinyModel.Ids(2, tokens);
            var whole = model.forward(ids);
            using var state = model.NewState(2);
            foreach (var cut in Cuts(tokens))
            {
                var logits = model.Step(ids.narrow(1, state.Position, cut), state);
                TensorAssert.Close(logits, whole.select(1, state.Position - 1), Fp32, $"{name}, {tokens} tokens, after {state.Position}");
            }
            var perSequence = model.Layers.Sum(l => l.Attention.Mixer.StateBytes(tokens, sizeof(float)));
            Assert.Equal(2 * perSequence, state.Bytes);
        }
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Rows_are_independent_and_padding_is_harmless(string name)
    {
        using var scope = NewDisposeScope();
        using var model = Make(name);
        var ids = TinyModel.Ids(2, 30);
        var alone = model.forward(ids[1..]);
        TensorAssert.Close(model.forward(ids)[1..], alone, Fp32);

        foreach (var left in new[] { true, false })
        {
            var padded = zeros(2, 41, int64);
            padded[0] = TinyModel.Ids(1, 41)[0];
            var from = left ? 11 : 0;
            padded[1].narrow(0, from, 30).copy_(ids[1]);
            using var layout = SequenceLayout.Padded([41, 30], 41, left);
            var logits = model.forward(padded, layout);
            TensorAssert.Close(logits[1..].narrow(1, from, 30), alone, Fp32, $"left {left}");
            Assert.True(logits.isfinite().all().item<bool>());
        }
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Packed_documents_do_not_see_each_other(string name)
    {
        using var scope = NewDisposeScope();
        using var model = Make(name);
        var ids = TinyModel.Ids(1, 100);
        using var layout = SequenceLayout.Packed([[0, 20, 23, 87]], 100)!;
        var packed = model.forward(ids, layout);
        foreach (var (from, length) in new[] { (0, 20), (20, 3), (23, 64), (87, 13) })
            TensorAssert.Close(packed.narrow(1, from, length), model.forward(ids.narrow(1, from, length)), Fp32, $"document at {from}");
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Gradients_follow_finite_differences(string name)
    {
        using var scope = NewDisposeScope();
        var shape = new MixerShape(4, 2, 6);
        var mixer = new MixerSpec(name, Known(name)).Create(shape);
        var rotary = new RotaryTable(randn(20, 3, float64).cos(), randn(20, 3, float64).sin());
        var q = randn([1, 20, 4, 6], float64, generator: new Generator(1)).requires_grad_();
        var k = randn([1, 20, 2, 6], float64, generator: new Generator(2)).requires_grad_();
        var v = randn([1, 20, 2, 6], float64, generator: new Generator(3)).requires_grad_();
        var weight = randn([1, 20, 4, 6], float64, generator: new Generator(4));
        Tensor Value(Tensor a, Tensor b, Tensor c) => (mixer.Parallel(new MixerInput(a, b, c, rotary)) * weight).sum();

        var grads = autograd.grad([Value(q, k, v)], [q, k, v]);
        const double step = 1e-2; // the recurrent mixers compute in fp32: a smaller step drowns in rounding
        using var mode = no_grad();
        var inputs = new[] { q, k, v };
        for (var i = 0; i < 3; i++)
        {
            var direction = randn(inputs[i].shape, float64, generator: new Generator((ulong)(10 + i)));
            Tensor At(double move) => Value(i == 0 ? q + (direction * move) : q, i == 1 ? k + (direction * move) : k, i == 2 ? v + (direction * move) : v);
            var numeric = ((At(step) - At(-step)) / (2 * step)).item<double>();
            var exact = (grads[i] * direction).sum().item<double>();
            Assert.True(Math.Abs(numeric - exact) < 2e-2 * Math.Max(1, Math.Abs(exact)), $"{name}, input {i}: expected {numeric}, got {exact}");
        }
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Nothing_stays_alive_and_bf16_stays_finite(string name)
    {
        var before = Tensor.TotalCount;
        using (var model = Make(name, ScalarType.BFloat16))
        using (var scope = NewDisposeScope())
        {
            foreach (var (_, weight) in model.Parameters)
                weight.requires_grad = true;
            var logits = model.forward(TinyModel.Ids(2, 33));
            logits.to(float32).logsumexp(-1).sum().backward();
            Assert.True(logits.isfinite().all().item<bool>());
            Assert.All(model.Parameters, p => Assert.True(p.Weight.grad!.isfinite().all().item<bool>(), p.Name));
            using var state = model.NewState(2);
            using var mode = no_grad();
            for (var t = 0; t < 12; t++)
                model.Step(TinyModel.Ids(2, 1), state).Dispose();
        }
        Assert.Equal(before, Tensor.TotalCount);
    }

    private static CausalLM Make(string name, ScalarType dtype = ScalarType.Float32) => TinyModel.Make(new MixerSpec(name, Known(name)), dtype: dtype);

    private static Dictionary<string, string> Known(string name) =>
        Small.Where(o => MixerCatalog.Find(name).Options.Any(k => k.Name == o.Key)).ToDictionary();

    private static IEnumerable<int> Cuts(int tokens)
    {
        int[] sizes = [5, 1, 1, 1, 40, 1, 3, 1];
        for (int at = 0, i = 0; at < tokens; at += sizes[i++ % sizes.Length])
            yield return Math.Min(sizes[i % sizes.Length], tokens - at);
    }
}

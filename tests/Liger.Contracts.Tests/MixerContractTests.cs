using Liger.Models;
using Liger.Models.Graph;
using Liger.Models.Mixers;
using Liger.Ops;
using Liger.Testing;

namespace Liger.Contracts.Tests;

/// <summary>What every registered mixer must hold, and the options in which recurrent mixers differ.</summary>
public class MixerContractTests : PlacedTests
{
    private static readonly string[] Variants =
    [
        "gla gate-source=query gate-shape=scalar rope=true", "gla gate-source=value normalized=true feature-map=elu", "gla gate-source=constant gate-logit=1 feature-map=relu",
        "gla feature-map=l2-norm gate-lower-bound=0.5 gate-divisor=2", "gla feature-map=identity rope=true", "mamba2 gate-shape=channel normalized=true",
        "gsa slots=4 feature-map=l2-norm rope=true gate-source=value", "hgrn2 gate-lower-bound=0.9 gate-source=constant normalized=true", "linear normalized=true feature-map=elu",
        "gated-delta strength=one rope=true gate-source=query", "delta strength=one feature-map=softmax", "rwkv7 feature-map=relu gate-divisor=4",
        "joint joint-map=hedgehog write-gate=true initial-write=0.3", "joint joint-map=elu joint-rope=false", "joint joint-map=relu", "joint joint-rope=false write-gate=true",
        "liger-gla covers-window=false", "liger-gsa covers-window=false", "liger-delta covers-window=false mixture=learned", "liger-linear covers-window=false normalized=true",
        "selected key-score=learned", "selected selected=1", "memory memory-rank=8 memory-weight=1 cache-bits=8",
        "window cache-bits=8", "softmax cache-bits=8", "selected cache-bits=8", "selected key-score=learned cache-bits=8", "joint cache-bits=8",
        "joint joint-rope=false write-gate=true cache-bits=8", "lolcats cache-bits=8", "liger-gla cache-bits=8", "liger-gla covers-window=false cache-bits=8",
    ];

    public static TheoryData<string> Mixers => [.. MixerCatalog.All.Select(m => m.Name), .. Variants];

    [Theory]
    [MemberData(nameof(Mixers))]
    public void The_parallel_form_any_split_and_single_steps_agree(string mixer)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var it = new Case(mixer, On);
        var input = it.Input(2, 200);
        int[][] splits = [[1], [15, 48, 1, 1, 135], [5, 1, 40, 1, 1, 64], [64], [130]];
        var extended = splits.Select(lengths => it.Extended(input, lengths)).ToList();
        foreach (var tokens in new[] { 1, 15, 63, 64, 65, 200 })
        {
            var whole = it.Mixer.Parallel(Case.Part(input, 0, tokens));
            foreach (var (parts, lengths) in extended.Zip(splits))
                On.Close(parts.narrow(1, 0, tokens), whole, name: $"{tokens} tokens in parts of {string.Join(", ", lengths)}");
        }
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Memory_is_what_was_announced(string mixer)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var it = new Case(mixer, On);
        using var state = it.Mixer.NewState(3, On.Dtype, On.Device);
        var input = it.Input(3, 40);
        it.Mixer.Extend(Case.Part(input, 0, 39), state);
        it.Mixer.Extend(Case.Part(input, 39, 1), state);
        Assert.Equal(3 * it.Mixer.StateBytes(40, On.IsPrecise ? sizeof(float) : sizeof(short)), state.Bytes);
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Later_tokens_and_other_rows_leave_every_bit(string mixer)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var it = new Case(mixer, On);
        var input = it.Input(2, 100);
        var other = it.Input(2, 100, seed: 2);
        Tensor Until(Tensor a, Tensor b, long tokens) => cat([a.narrow(1, 0, tokens), b.narrow(1, tokens, 100 - tokens)], 1);
        var later = input with { Queries = Until(input.Queries, other.Queries, 70), Keys = Until(input.Keys, other.Keys, 70), Values = Until(input.Values, other.Values, 70) };
        var whole = it.Mixer.Parallel(input);
        TensorAssert.Same(it.Mixer.Parallel(later).narrow(1, 0, 70), whole.narrow(1, 0, 70), "later tokens");

        Tensor Second(Tensor a, Tensor b) => cat([a.narrow(0, 0, 1), b.narrow(0, 1, 1)], 0);
        var row = new MixerInput(Second(other.Queries, input.Queries), Second(other.Keys, input.Keys), Second(other.Values, input.Values), input.Rotary);
        TensorAssert.Same(it.Mixer.Parallel(row)[1], whole[1], "other rows");
        On.Close(it.Mixer.Parallel(Case.Row(input, 1))[0], whole[1]);
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Packed_documents_are_as_alone_and_share_no_bit(string mixer)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var it = new Case(mixer, On);
        const int tokens = 150;
        using var layout = SequenceLayout.Packed([[0, 20, 23, 120]], tokens, On.Device)!;
        var input = it.Input(1, tokens, layout: layout);
        var packed = it.Mixer.Parallel(input);
        var other = it.Input(1, tokens, layout: layout, seed: 2);
        foreach (var (from, length) in new[] { (0, 20), (20, 3), (23, 97), (120, 30) })
        {
            var own = packed.narrow(1, from, length);
            On.Close(own, it.Mixer.Parallel(Case.Part(input, from, length) with { Layout = null }), name: $"document at {from}");
            Tensor Only(Tensor mine, Tensor others) => cat([others.narrow(1, 0, from), mine.narrow(1, from, length), others.narrow(1, from + length, tokens - from - length)], 1);
            var around = new MixerInput(
                Only(input.Queries, other.Queries), Only(input.Keys, other.Keys), Only(input.Values, other.Values), input.Rotary, layout);
            TensorAssert.Same(it.Mixer.Parallel(around).narrow(1, from, length), own, $"document at {from} among others");
        }
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void A_packed_prompt_may_be_read_in_parts(string mixer)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var it = new Case(mixer, On);
        using var layout = SequenceLayout.Packed([[20, 23, 64, 120], [1, 2, 90]], 150, On.Device)!;
        var input = it.Input(2, 150, layout: layout);
        var whole = it.Mixer.Parallel(input);
        foreach (var lengths in new int[][] { [1], [20, 3, 7, 70, 1, 64], [64] })
            On.Close(it.Extended(input, lengths), whole, name: $"parts of {string.Join(", ", lengths)}");
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Padding_is_harmless(string mixer)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var it = new Case(mixer, On);
        foreach (var (left, tokens) in new[] { (true, 41), (false, 41), (true, 100), (false, 100) })
        {
            int[] lengths = [tokens, tokens - 30];
            using var layout = SequenceLayout.Padded(lengths, tokens, left, On.Device);
            var input = it.Input(2, tokens, layout: layout);
            var padded = it.Mixer.Parallel(input);
            Assert.True(padded.isfinite().all().item<bool>());
            for (var row = 0; row < 2; row++)
            {
                var from = left ? tokens - lengths[row] : 0;
                On.Close(padded.narrow(0, row, 1).narrow(1, from, lengths[row]), it.Mixer.Parallel(Alone(it, input, row, from, lengths[row])), name: $"left {left}, row {row}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Rows_of_different_lengths_decode_together(string mixer)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var it = new Case(mixer, On);
        const int prompt = 41, made = 12;
        int[] lengths = [prompt, 30];
        foreach (var left in new[] { true, false })
        {
            using var layout = SequenceLayout.Padded(lengths, prompt, left, On.Device);
            var input = it.Input(2, prompt, layout: layout);
            var steps = it.Input(2, made, seed: 5);
            using var state = it.Mixer.NewState(2, On.Dtype, On.Device);
            it.Mixer.Extend(Case.Part(input, 0, 25), state);
            it.Mixer.Extend(Case.Part(input, 25, prompt - 25), state);
            var outputs = new List<Tensor>();
            for (var i = 0; i < made; i++)
            {
                using var next = SequenceLayout.Single([lengths[0] + i, lengths[1] + i], On.Device);
                outputs.Add(it.Mixer.Extend(Case.Part(steps, i, 1) with { Rotary = it.Rotation(next.Positions, On.Dtype), Layout = next }, state));
            }
            for (var row = 0; row < 2; row++)
            {
                var own = Alone(it, input, row, left ? prompt - lengths[row] : 0, lengths[row]);
                var more = Case.Row(steps, row);
                var whole = new MixerInput(cat([own.Queries, more.Queries], 1), cat([own.Keys, more.Keys], 1), cat([own.Values, more.Values], 1), it.Rotation(it.Positions(lengths[row] + made), On.Dtype));
                On.Close(cat(outputs, 1).narrow(0, row, 1), it.Mixer.Parallel(whole).narrow(1, lengths[row], made), name: $"left {left}, row {row}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Grouped_heads_equal_repeated_heads(string mixer)
    {
        // A gate made of queries is the mean of its group's, scores by attention sum over it, and fixed decays go by the kv head: repeated heads are another model then.
        if (mixer.Contains("gate-source=query", StringComparison.Ordinal) || mixer.Split(' ')[0] is "retention" or "liger-retention" or "lightning" or "liger-lightning" || mixer is "selected" or "selected selected=1" or "selected cache-bits=8")
            return;
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var it = new Case(mixer, On);
        var input = it.Input(1, 80, On.Widest);
        Tensor Repeat(Tensor x) => x.repeat_interleave(2, 2);
        var repeated = new Case(mixer, On, shape => shape with { KvHeads = 4, LayerKvHeads = 4 });
        On.Close(it.Mixer.Parallel(input), repeated.Mixer.Parallel(input with { Keys = Repeat(input.Keys), Values = Repeat(input.Values) }));
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void A_kv_head_alone_is_what_it_is_in_its_layer(string mixer)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var it = new Case(mixer, On);
        var input = it.Input(1, 80, On.Widest);
        var alone = new Case(mixer, On, shape => new MixerShape(2, 1, shape.HeadDim) { FirstKvHead = 1, LayerKvHeads = 2 });
        var part = new MixerInput(input.Queries.narrow(2, 2, 2), input.Keys.narrow(2, 1, 1), input.Values.narrow(2, 1, 1), input.Rotary);
        On.Close(alone.Mixer.Parallel(part), it.Mixer.Parallel(input).narrow(2, 2, 2));
    }

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

    [Theory]
    [MemberData(nameof(Mixers))]
    public void What_can_be_seen_of_each_head_is_in_range(string mixer)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var it = new Case(mixer, On);
        var views = it.Mixer.Look(it.Input(2, 30));
        Assert.Equal(Enumerable.Range(0, it.Shape.KvHeads), views.Select(view => view.KvHead));
        Assert.All(views, view =>
        {
            Assert.True(view.LogDecay is not { } decay || (decay.shape is [2, 30, _] && decay.isfinite().all().item<bool>() && decay.le(0).all().item<bool>()));
            Assert.True(view.WindowShare is not { } share || (share.shape is [2, 30, 2] && share.ge(0).all().item<bool>() && share.le(1).all().item<bool>()));
        });
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Wrong_shapes_are_named(string mixer)
    {
        using var scope = NewDisposeScope();
        var it = new Case(mixer, On);
        var input = it.Input(1, 5);
        void Refused(string name, Func<MixerInput> wrong) =>
            Assert.Contains($"{name} — expected", Assert.Throws<ModelException>(() => it.Mixer.Parallel(wrong())).Message);
        Refused("keys", () => new MixerInput(input.Queries, input.Keys.narrow(1, 0, 4), input.Values, input.Rotary));
        Refused("values", () => new MixerInput(input.Queries, input.Keys, input.Values.narrow(3, 0, 4), input.Rotary));
        Refused("queries", () => new MixerInput(input.Queries.narrow(2, 0, 3), input.Keys, input.Values, input.Rotary));
    }

    private static MixerInput Alone(Case it, MixerInput input, int row, long from, long length) => new(
        input.Queries.narrow(0, row, 1).narrow(1, from, length), input.Keys.narrow(0, row, 1).narrow(1, from, length), input.Values.narrow(0, row, 1).narrow(1, from, length),
        it.Rotation(it.Positions(length), input.Queries.dtype));
}

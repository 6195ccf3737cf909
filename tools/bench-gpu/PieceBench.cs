using System.Text.Json.Nodes;
using Liger.Models.Graph;
using Liger.Models.Mixers;
using Liger.Ops;
using Liger.Ops.Cuda;
using Liger.Training;
using static TorchSharp.torch;

namespace Liger.GpuBench;

/// <summary>What the parts of a layer cost at Llama-3-8B shape, 8×1024 tokens in bf16: forward, and forward with backward.</summary>
internal static class PieceBench
{
    private const int Batch = 8, Tokens = 1024, Hidden = 4096, Inner = 14336, Heads = 32, KvHeads = 8, HeadDim = 128, Rank = 8;

    internal static void Run(Report report)
    {
        using var scope = NewDisposeScope();
        var gpu = device("cuda:0");
        Tensor Random(params long[] shape) => empty(shape, ScalarType.BFloat16, gpu).normal_().requires_grad_();
        var x = Random(Batch, Tokens, Hidden);
        var weight = ones([Hidden], ScalarType.BFloat16, gpu);
        Piece(report, "rms norm", () => RmsNorm.Forward(x, weight, 1e-5), [x]);
        var delta = Random(Batch, Tokens, Hidden);
        Piece(report, "residual and norm", () => ResidualNorm.Forward(x, delta, weight, 1e-5).Normed, [x, delta]);
        var (gate, up) = (Random(Batch, Tokens, Inner), Random(Batch, Tokens, Inner));
        Piece(report, "silu(gate) * up", () => SwiGlu.Forward(gate, up), [gate, up]);
        Piece(report, "residual sum", () => x + x, [x]);
        using var projection = new Linear(empty([Hidden, Hidden], ScalarType.BFloat16, gpu).normal_(0, 0.02));
        Piece(report, "linear 4096", () => projection.forward(x), [x]);
        using var wide = new Linear(empty([Inner, Hidden], ScalarType.BFloat16, gpu).normal_(0, 0.02));
        Piece(report, "linear 14336", () => wide.forward(x), [x]);
        Shared(report, "gate and up", [new LowRankMap(wide), new LowRankMap(wide)], x);
        using var narrow = new Linear(empty([KvHeads * HeadDim, Hidden], ScalarType.BFloat16, gpu).normal_(0, 0.02));
        LowRankMap Adapted(Linear map) => new(map, Low(Rank, Hidden), Low(map.OutFeatures, Rank));
        Tensor Low(params long[] shape) => empty(shape, ScalarType.Float32, gpu).normal_(0, 0.02).requires_grad_();
        Shared(report, "q, k, v with LoRA", [Adapted(projection), Adapted(narrow), Adapted(narrow)], x);
        var (q, k, v) = (Random(Batch, Tokens, Heads, HeadDim), Random(Batch, Tokens, KvHeads, HeadDim), Random(Batch, Tokens, KvHeads, HeadDim));
        var frequencies = arange(0, HeadDim / 2, ScalarType.Float32, gpu);
        var (cos, sin) = Rotary.Table(frequencies, arange(Tokens, device: gpu), ScalarType.BFloat16);
        var rotary = new RotaryTable(cos, sin);
        Piece(report, "rotary q", () => rotary.Apply(q), [q]);
        foreach (var name in new[] { "window", "gla", "liger-gla", "retention", "mamba2", "hgrn2" })
        {
            var mixer = new MixerSpec(name, new Dictionary<string, string>()).Create(new MixerShape(Heads, KvHeads, HeadDim));
            Piece(report, name, () => mixer.Parallel(new MixerInput(q, k, v, rotary)), [q, k, v]);
        }
        var head = empty([Llama8B.Vocabulary, Hidden], ScalarType.BFloat16, gpu).normal_(0, 0.02);
        var targets = randint(0, Llama8B.Vocabulary, [Batch * Tokens], device: gpu);
        Piece(report, "head and cross-entropy", () => LinearCrossEntropy.Sum(x.view(-1, Hidden), head, targets), [x]);
    }

    /// <summary>Maps of one input: one by one, and as one operation.</summary>
    private static void Shared(Report report, string name, LowRankMap[] maps, Tensor x)
    {
        Tensor[] inputs = [x, .. maps.SelectMany(map => new[] { map.A, map.B }).OfType<Tensor>()];
        Piece(report, $"{name}, one by one", () => [.. maps.SelectMany(map => SharedInput.Forward(x, map))], inputs);
        Piece(report, $"{name}, together", () => SharedInput.Forward(x, maps), inputs);
    }

    private static void Piece(Report report, string name, Func<Tensor> forward, Tensor[] inputs) => Piece(report, name, () => [forward()], inputs);

    private static void Piece(Report report, string name, Func<IReadOnlyList<Tensor>> forward, Tensor[] inputs) => report.Try("piece", new JsonObject { ["piece"] = name }, figure =>
    {
        using (no_grad())
            figure["forward_ms"] = Math.Round(Timing.Median(Forward, 7, 3), 3);
        using var kept = NewDisposeScope();
        var gradients = new List<Tensor>();
        using (no_grad())
        using (NewDisposeScope())
            foreach (var y in forward())
                gradients.Add((y.Dimensions == 0 ? ones_like(y) : empty_like(y).normal_()).MoveToOuterDisposeScope());
        // With all its results, or what is left of them would have each repetition ask the device for memory.
        void Forward()
        {
            using var scope = NewDisposeScope();
            forward();
        }
        void Both()
        {
            using var scope = NewDisposeScope();
            autograd.backward([.. forward()], gradients);
            foreach (var input in inputs)
                input.grad = null;
        }
        figure["forward_backward_ms"] = Math.Round(Timing.Median(Both, 7, 3), 3);
        figure["off_plain_form"] = Difference(forward, inputs, gradients);
        figure["peak_GiB"] = Math.Round(Report.PeakGiB, 2);
    });

    /// <summary>‖with kernels − without‖ / ‖without‖, of the outputs and then of every gradient; both are rounded to bf16.</summary>
    private static JsonArray Difference(Func<IReadOnlyList<Tensor>> forward, Tensor[] inputs, List<Tensor> gradients)
    {
        using var scope = NewDisposeScope();
        List<Tensor> Results(bool kernels)
        {
            CudaKernels.Enabled = kernels;
            var outputs = forward();
            autograd.backward([.. outputs], gradients);
            List<Tensor> all = [.. outputs.Select(y => y.detach().to(float32)), .. inputs.Select(input => input.grad!.to(float32))];
            foreach (var input in inputs)
                input.grad = null;
            CudaKernels.Enabled = true;
            return all;
        }
        return new JsonArray([.. Results(true).Zip(Results(false)).Select(p =>
            (JsonNode)float.Parse($"{((p.First - p.Second).norm() / p.Second.norm()).item<float>():G3}", System.Globalization.CultureInfo.InvariantCulture))]);
    }
}

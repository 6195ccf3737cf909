using System.Diagnostics;
using Liger.Models.Graph;
using Liger.Models.Mixers;
using Liger.Ops;
using static TorchSharp.torch;

namespace Liger.Bench.MixerSpeed;

/// <summary>Medians over repetitions of one piece of work.</summary>
/// <param name="Elapsed">Time on the clock.</param>
/// <param name="Processor">Time on the processor, all threads together: what others compute beside it disturbs it little.</param>
internal sealed record Microseconds(double Elapsed, double Processor)
{
    internal static Microseconds Of(IReadOnlyList<Microseconds> values) =>
        new(Measuring.Median.Of(values.Select(v => v.Elapsed)), Measuring.Median.Of(values.Select(v => v.Processor)));

    /// <summary>Does a piece of work once.</summary>
    internal static Microseconds Of(Action work, int tokens)
    {
        var (clock, used) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        work();
        return new Microseconds(clock.Elapsed.TotalMicroseconds / tokens, (Environment.CpuUsage.TotalTime - used).TotalMicroseconds / tokens);
    }
}

/// <summary>One mixer of one layer at one length.</summary>
/// <param name="Mixer">Its name.</param>
/// <param name="Tokens">T.</param>
/// <param name="Forward">Forward pass, for each token.</param>
/// <param name="Backward">Backward pass, for each token, what it computes anew included.</param>
/// <param name="Step">One more token after T of context; null where there is no such form.</param>
/// <param name="PeakBytesPerToken">Most memory of forward and backward above what the inputs and their gradients need, for each token.</param>
internal sealed record MixerPoint(string Mixer, int Tokens, Microseconds Forward, Microseconds Backward, Microseconds? Step, double PeakBytesPerToken)
{
    /// <summary>H query heads, Hkv kv heads, head size D.</summary>
    internal static readonly MixerShape Shape = new(8, 2, 64);

    /// <summary>Steps that count, at least; a state that grows with them should stay about as long as it was.</summary>
    private const int Steps = 50;

    /// <summary>Passes do not count until the code has been compiled with all optimisations, which happens in the background.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1.5);

    /// <summary>As long do passes go on that count, and then steps: a few short ones say little, least where others compute beside them.</summary>
    private static readonly TimeSpan Counting = TimeSpan.FromSeconds(1);

    /// <summary>Steps after as few tokens as after many: code is compiled and memory touched for the first time here, not in the steps that count.</summary>
    private static readonly TimeSpan StepsWarmUp = TimeSpan.FromSeconds(0.5);

    /// <summary>Measures in this process, which should do nothing else: the memory is the process's high-water mark.</summary>
    /// <param name="mixer">A name of the catalog, or <see cref="LibtorchSoftmax.Name"/>.</param>
    /// <param name="tokens">T.</param>
    /// <param name="rounds">Passes that count, at least.</param>
    internal static MixerPoint Measure(string mixer, int tokens, int rounds)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var made = mixer == LibtorchSoftmax.Name ? new LibtorchSoftmax() : new MixerSpec(mixer, new Dictionary<string, string>()).Create(Shape);
        Tensor Random(int heads) => randn([1, tokens, heads, Shape.HeadDim], generator: generator).requires_grad_();
        Tensor[] inputs = [Random(Shape.Heads), Random(Shape.KvHeads), Random(Shape.KvHeads)];
        var grad = randn([1, tokens, Shape.Heads, Shape.HeadDim], generator: generator);
        var frequencies = arange(Shape.HeadDim / 2).to(float32).mul(-2.0 / Shape.HeadDim * Math.Log(10000)).exp();
        var (cos, sin) = Rotary.Table(frequencies, arange(tokens), float32);
        MixerInput Input(long from, long count) => new(
            inputs[0].narrow(1, from, count), inputs[1].narrow(1, from, count), inputs[2].narrow(1, from, count), new RotaryTable(cos.narrow(0, from, count), sin.narrow(0, from, count)));

        List<Microseconds> forward = [], backward = [], steps = [];
        var isWarm = false;
        var before = Resident("VmRSS");
        var clock = Stopwatch.StartNew();
        while (forward.Count < rounds || clock.Elapsed < Counting)
        {
            using var inner = NewDisposeScope();
            Tensor? output = null;
            forward.Add(Microseconds.Of(() => output = made.Parallel(Input(0, tokens)), tokens));
            backward.Add(Microseconds.Of(() => autograd.grad([output!], inputs, [grad]), tokens));
            if (isWarm)
                continue;
            isWarm = clock.Elapsed > WarmUp;
            forward.Clear();
            backward.Clear();
            if (isWarm)
                clock.Restart();
        }
        var peak = Resident("VmHWM") - before;
        if (made is not LibtorchSoftmax)
        {
            using var mode = no_grad();
            using var state = made.NewState(1, float32, CPU);
            const int chunk = 512;
            for (var from = 0; from < tokens - 1; from += chunk)
                made.Extend(Input(from, Math.Min(chunk, tokens - 1 - from)), state).Dispose();
            using var other = made.NewState(1, float32, CPU);
            clock.Restart();
            while (clock.Elapsed < StepsWarmUp)
                made.Extend(Input(tokens - 1, 1), other).Dispose();
            clock.Restart();
            while (steps.Count < Steps || (made is RecurrentMixer && clock.Elapsed < Counting))
                steps.Add(Microseconds.Of(() => made.Extend(Input(tokens - 1, 1), state).Dispose(), 1));
        }
        var known = sizeof(float) * Shape.HeadDim * (Shape.Heads + (2 * Shape.KvHeads) + Shape.Heads);
        return new MixerPoint(mixer, tokens, Microseconds.Of(forward), Microseconds.Of(backward), steps.Count == 0 ? null : Microseconds.Of(steps), ((double)peak / tokens) - known);
    }

    private static long Resident(string field)
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(field, StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);
    }
}

using Liger.Models.Graph;
using Liger.Models.Mixers;
using Liger.Testing;

namespace Liger.Contracts.Tests;

/// <summary>A mixer under test, written "NAME" or "NAME option=value …", with the inputs it is given.</summary>
internal sealed class Case
{
    // The size that kernels take; they take bf16 alone.
    private const int KernelDim = 64, SmallDim = 8;

    /// <summary>What variants end with whose keys and values are kept in 8 bits.</summary>
    internal const string InInt8 = " cache-bits=8";

    private static readonly Dictionary<string, string> Small = new() { ["window"] = "8", ["sinks"] = "2", ["selected"] = "5" };

    internal Case(string text, Place on, Func<MixerShape, MixerShape>? reshape = null)
    {
        On = on;
        Shape = new MixerShape(4, 2, on.IsPrecise ? SmallDim : KernelDim);
        Mixer = Spec(text).Create(reshape?.Invoke(Shape) ?? Shape);
        foreach (var (name, parameter) in Mixer.Parameters)
        {
            parameter.Initialise(on.Device);
            if (name == "decay-offset")
                Spread(parameter);
        }
    }

    internal Place On { get; }

    /// <summary>Of the inputs.</summary>
    internal MixerShape Shape { get; }

    internal TokenMixer Mixer { get; }

    internal static MixerSpec Spec(string text)
    {
        var words = text.Split(' ');
        var kind = MixerCatalog.Find(words[0]);
        var options = Small.Where(o => kind.Options.Any(k => k.Name == o.Key)).ToDictionary();
        foreach (var pair in words[1..].Select(w => w.Split('=')))
            options[pair[0]] = pair[1];
        return new MixerSpec(words[0], options);
    }

    /// <summary>Random projections and the rotation of positions 0 … T−1, or of a layout's positions.</summary>
    internal MixerInput Input(long batch, long tokens, ScalarType? dtype = null, SequenceLayout? layout = null, ulong seed = 1, double scale = 1)
    {
        using var generator = new Generator(seed);
        var type = dtype ?? On.Dtype;
        Tensor Random(int heads) => (randn([batch, tokens, heads, Shape.HeadDim], float64, generator: generator) * scale).to(type).to(On.Device);
        return new MixerInput(Random(Shape.Heads), Random(Shape.KvHeads), Random(Shape.KvHeads), Rotation(layout?.Positions ?? Positions(tokens), type), layout);
    }

    // Offsets of 0 would show nothing: every channel has another, all heads the same, as heads are compared.
    private static void Spread(MixerParameter offset)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        offset.Value.copy_(arange(offset.Shape[1]).to(float32).sub(1).div(offset.Shape[1]).expand(offset.Shape));
    }

    /// <summary>0 … T−1.</summary>
    internal Tensor Positions(long tokens) => arange(tokens, device: On.Device);

    internal RotaryTable Rotation(Tensor positions, ScalarType dtype)
    {
        var angles = positions.to(float64).unsqueeze(-1) * arange(Shape.HeadDim / 2, device: On.Device).to(float64).mul(-8.0 / Shape.HeadDim).exp();
        return new RotaryTable(angles.cos().to(dtype), angles.sin().to(dtype));
    }

    /// <summary>Some tokens of an input.</summary>
    internal static MixerInput Part(MixerInput input, long from, long count) => new(
        input.Queries.narrow(1, from, count), input.Keys.narrow(1, from, count), input.Values.narrow(1, from, count),
        new RotaryTable(input.Rotary.Cos.narrow(-2, from, count), input.Rotary.Sin.narrow(-2, from, count)), input.Layout?.Slice(from, count));

    /// <summary>One row of an input without a layout.</summary>
    internal static MixerInput Row(MixerInput input, long row) =>
        new(input.Queries.narrow(0, row, 1), input.Keys.narrow(0, row, 1), input.Values.narrow(0, row, 1), input.Rotary);

    /// <summary>The outputs of a prompt read in parts of these lengths, the last repeated.</summary>
    internal Tensor Extended(MixerInput input, params int[] lengths)
    {
        using var scope = NewDisposeScope();
        using var state = Mixer.NewState((int)input.Queries.shape[0], input.Queries.dtype, On.Device);
        var parts = new List<Tensor>();
        for (long at = 0, i = 0, tokens = input.Queries.shape[1]; at < tokens; i++)
        {
            var count = Math.Min(lengths[Math.Min(i, lengths.Length - 1)], tokens - at);
            parts.Add(Mixer.Extend(Part(input, at, count), state));
            at += count;
        }
        return cat(parts, 1).MoveToOuterDisposeScope();
    }
}

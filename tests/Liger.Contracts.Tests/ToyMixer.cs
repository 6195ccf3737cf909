using System.Runtime.CompilerServices;
using Liger.Models.Mixers;

namespace Liger.Contracts.Tests;

/// <summary>Options of the toy.</summary>
public sealed record ToyOptions
{
    /// <summary>Log-decay a token.</summary>
    [OptionRange(-10, 0, "log-decay a token")]
    public double Rate { get; init; } = -0.1;
}

/// <summary>A mixer in one file: all that a new recurrence needs to be listed, bound from text, put behind a window, and tested here.</summary>
[TokenMixer("toy", "linear attention that fades at one rate", "this test")]
public sealed class ToyMixer(ToyOptions options, FeatureMapOptions map, RotaryOptions rotary, NormalizerOptions normalizer, MixerShape shape)
    : LinearAttentionMixer(map, rotary, normalizer, shape)
{
    /// <inheritdoc/>
    protected override Tensor? LogDecay(MixerInput input) => full([.. input.Keys.shape[..3], 1], options.Rate, Accumulator(input.Keys), input.Keys.device);

    [ModuleInitializer]
    internal static void Register() => MixerCatalog.Register(typeof(ToyMixer));
}

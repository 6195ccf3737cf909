using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>A tensor that is trained.</summary>
/// <param name="Name">Its name in saved states and messages, unique within a run; Hugging Face's (or PEFT's) where there is one.</param>
/// <param name="Weight">The leaf that the loss is differentiated for; the trainer changes it in place and moves it into a buffer of its own. Of any
/// floating type: for one that is not fp32 the trainer keeps an fp32 original, which it trains and rounds into this after every step.</param>
public sealed record NamedParameter(string Name, Tensor Weight)
{
    /// <summary>What the learning rate is multiplied by for it, 0 or more. Default 1.</summary>
    public double Rate { get; init; } = 1;

    /// <summary>Share of the rate by which it shrinks each step; null, the default, is the optimizer's (<see cref="AdamWOptions.WeightDecay"/>).</summary>
    public double? WeightDecay { get; init; }
}

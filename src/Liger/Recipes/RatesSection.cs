namespace Liger.Recipes;

/// <summary>The keys of "train" and of stages that give some parameters a rate or weight decay of their own. Rates follow the same schedule.</summary>
public sealed record RatesSection
{
    private const double MostRatio = 1000;

    /// <summary>"lora_plus": what the rate of the adapter's B is multiplied by. Above 0 up to 1,000. Default 1; LoRA+ takes 16.</summary>
    /// <remarks>Source: Hayou, Ghosh and Yu 2024, "LoRA+", arXiv 2402.12354.</remarks>
    public double LoraPlus { get; init; } = 1;

    /// <summary>"mixer_lr": the highest learning rate of what mixers declare; null is that of all.</summary>
    public double? Mixer { get; init; }

    /// <summary>"mixer_weight_decay": weight decay of what mixers declare; null is that of all.</summary>
    public double? MixerWeightDecay { get; init; }

    /// <summary>"full_lr": the highest learning rate of projections that are trained in full; null is that of all.</summary>
    public double? Full { get; init; }

    /// <summary>"full_weight_decay": their weight decay; null is that of all.</summary>
    public double? FullWeightDecay { get; init; }

    internal static RatesSection Bind(ISection s, RatesSection r) => new()
    {
        LoraPlus = s.Value("lora_plus", r.LoraPlus, Kind.Number(0, MostRatio, above: true)),
        Mixer = s.Value("mixer_lr", r.Mixer, Kind.Maybe(Kind.Number(0, 1, above: true))),
        MixerWeightDecay = s.Value("mixer_weight_decay", r.MixerWeightDecay, Kind.Maybe(Kind.Number(0, 1))),
        Full = s.Value("full_lr", r.Full, Kind.Maybe(Kind.Number(0, 1, above: true))),
        FullWeightDecay = s.Value("full_weight_decay", r.FullWeightDecay, Kind.Maybe(Kind.Number(0, 1))),
    };
}

using Liger.Checkpoints;

namespace Liger.Models.Mixers;

/// <summary>
/// The mixers of all layers under one plan, with their declared parameters: what a model can exchange while its weights stay, so that one
/// copy of the weights serves the original and every linearized form of it.
/// </summary>
public sealed class MixerSet : IDisposable
{
    /// <summary>Where a layer's declared parameters lie below the layer.</summary>
    private const string Path = "self_attn.mixer";

    private MixerSet(HfConfig config, MixerPlan plan)
    {
        plan.Check(config);
        Plan = plan;
        Layers = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(i => plan.Create(i, MixerShape.Of(config, i)))];
    }

    /// <summary>Which mixer works where.</summary>
    public MixerPlan Plan { get; }

    /// <summary>The mixer of each layer.</summary>
    public IReadOnlyList<TokenMixer> Layers { get; }

    /// <summary>The declared parameters under their full names, such as "model.layers.0.self_attn.mixer.mix".</summary>
    public IEnumerable<(string Name, MixerParameter Parameter)> Parameters =>
        Layers.SelectMany((mixer, i) => mixer.Parameters.Select(p => ($"model.layers.{i}.{Path}.{p.Name}", p.Parameter)));

    /// <summary>Makes the mixers that a plan puts into a model; what they declare has its initial value, on the CPU.</summary>
    /// <exception cref="ModelException">No such mixer, options that do not fit, or a place that the model does not have.</exception>
    public static MixerSet Create(HfConfig config, MixerPlan plan) => new(config, plan);

    /// <summary>Whether a tensor of a checkpoint is a declared parameter of a mixer.</summary>
    /// <param name="name">Its full name.</param>
    public static bool IsParameter(string name) => name.Contains($".{Path}.", StringComparison.Ordinal);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, parameter) in Parameters)
            parameter.Dispose();
    }

    /// <summary>Takes all declared parameters, in fp32.</summary>
    /// <exception cref="CheckpointException">One is missing or has another shape.</exception>
    internal void Take(WeightSource weights)
    {
        foreach (var (name, parameter) in Parameters)
            parameter.Take(weights.Get(name, parameter.Shape, float32));
    }

    /// <summary>Gives all declared parameters their initial values.</summary>
    internal void Initialise(Device device)
    {
        foreach (var (_, parameter) in Parameters)
            parameter.Initialise(device);
    }
}

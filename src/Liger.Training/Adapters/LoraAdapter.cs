using Liger.Checkpoints;
using Liger.Models.Graph;
using Liger.Models.Mixers;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>A low-rank adapter on a model, made by <see cref="Lora.Attach(Models.CausalLM, LoraOptions, long, bool, IReadOnlyCollection{string})"/>.</summary>
public sealed class LoraAdapter : IDisposable
{
    private const string A = ".lora_A.weight", B = ".lora_B.weight", Magnitude = ".lora_magnitude_vector", Weight = ".weight";
    private readonly IReadOnlyList<(ProjectionSlot Slot, LoraLinear Layer)> layers;
    private readonly IReadOnlyList<(ProjectionSlot Slot, FullLinear Layer)> full;
    private readonly LoraDropout dropout;
    private bool attached = true;

    internal LoraAdapter(
        IReadOnlyList<(ProjectionSlot Slot, LoraLinear Layer)> layers, IReadOnlyList<(ProjectionSlot Slot, FullLinear Layer)> full, LoraOptions options, LoraDropout dropout,
        IReadOnlyList<NamedParameter> mixerParameters)
    {
        (this.layers, this.full, Options, this.dropout, MixerParameters) = (layers, full, options, dropout, mixerParameters);
        foreach (var (slot, layer) in layers)
            slot.Value = layer;
        foreach (var (slot, layer) in full)
            slot.Value = layer;
        LoraParameters = [.. layers.SelectMany(l => Of(l.Slot.Name, l.Layer))];
        FullParameters = [.. full.Select(l => new NamedParameter(l.Slot.Name + Weight, l.Layer.Weight))];
    }

    /// <summary>Rank, strength, dropout and targets.</summary>
    public LoraOptions Options { get; }

    /// <summary>A [R, C], B [O, R] and, of DoRA, the lengths [O] of every projection, fp32, in the order of the model.</summary>
    public IReadOnlyList<NamedParameter> LoraParameters { get; }

    /// <summary>Weights [O, C] of the projections that are trained in full, in the type of the model.</summary>
    public IReadOnlyList<NamedParameter> FullParameters { get; }

    /// <summary><see cref="LoraParameters"/>, <see cref="FullParameters"/>, <see cref="MixerParameters"/>.</summary>
    public IReadOnlyList<NamedParameter> Parameters => [.. LoraParameters, .. FullParameters, .. MixerParameters];

    /// <summary>What the mixers declare and is trained beside the adapter; empty where it is not. It belongs to the model and stays in it.</summary>
    public IReadOnlyList<NamedParameter> MixerParameters { get; }

    /// <summary>Trained numbers.</summary>
    public long ParameterCount => Parameters.Sum(p => p.Weight.numel());

    /// <summary>Whether a parameter is a B: what LoRA+ gives a rate of its own.</summary>
    public static bool IsB(NamedParameter parameter) => parameter.Name.EndsWith(B, StringComparison.Ordinal);

    /// <summary>Lets none of it be trained; a trainer takes up again what it trains.</summary>
    public void Freeze()
    {
        foreach (var (_, weight) in Parameters)
            weight.requires_grad = false;
    }

    /// <summary>Begins a micro-batch: dropout follows from its number; null switches dropout off, as it is at first.</summary>
    /// <param name="microStep">The number of the micro-batch.</param>
    public void Begin(long? microStep) => dropout.Begin(microStep);

    /// <summary>Writes the adapter in PEFT's format, fp32, and beside it what PEFT has no place for (mixers' parameters, full projections); an adapter that lies there is replaced in one step.</summary>
    /// <param name="folder">The adapter's folder.</param>
    /// <param name="baseModel">The path or name of the base model, for PEFT's adapter_config.json; null leaves it open.</param>
    /// <param name="mixers">The mixers it was trained with, noted beside; null leaves that open.</param>
    /// <exception cref="CheckpointException">The folder exists and is no adapter, or it cannot be written.</exception>
    public void Save(string folder, string? baseModel = null, MixerPlan? mixers = null)
    {
        var config = new AdapterConfig
        {
            Rank = Options.Rank,
            Alpha = Options.Alpha,
            Dropout = Options.Dropout,
            TargetModules = Options.Targets,
            UseRsLora = Options.UseRsLora,
            UseDora = Options.UseDora,
            BaseModelNameOrPath = baseModel,
        };
        using var output = AtomicFolder.Create(folder, overwrite: true);
        AdapterFolder.WriteInto(output.Path, config, [.. layers.Select(l => new AdapterMatrices(l.Slot.Name, l.Layer.A, l.Layer.B, l.Layer.Magnitude))]);
        ParameterFile.Write(output.Path, ParameterFile.Mixers, MixerParameters);
        ParameterFile.Write(output.Path, ParameterFile.Full, FullParameters);
        if (mixers is not null)
            AdapterMixer.Write(output.Path, mixers);
        output.Commit();
    }

    /// <summary>Reads values that <see cref="Save"/> or PEFT wrote; they must fit this adapter exactly.</summary>
    /// <param name="folder">The adapter's folder.</param>
    /// <exception cref="CheckpointException">The folder is no adapter, or it is damaged.</exception>
    /// <exception cref="TrainingException">It adapts other projections, or projections of other sizes.</exception>
    public void Load(string folder)
    {
        using var stored = AdapterFolder.Open(folder);
        Load(stored);
    }

    internal void Load(AdapterFolder stored)
    {
        using var grad = torch.no_grad();
        var modules = stored.Modules.ToDictionary(module => module.Module);
        foreach (var (slot, layer) in layers)
        {
            if (!modules.Remove(slot.Name, out var module))
                throw new TrainingException($"{stored.Path}: has nothing for {slot.Name}. The adapter belongs to another model.");
            Read(stored, module.A, layer.A);
            Read(stored, module.B, layer.B);
            if (layer.Magnitude is { } magnitude)
                Read(stored, module.Magnitude!, magnitude);
            layer.Forget();
        }
        ParameterFile.Read(stored.Path, ParameterFile.Mixers, MixerParameters);
        ParameterFile.Read(stored.Path, ParameterFile.Full, FullParameters);
        if (modules.Count > 0)
            throw new TrainingException($"{stored.Path}: adapts {modules.Keys.First()}, which the model does not have. The adapter belongs to another model.");
    }

    /// <summary>The weights with the adapter in them, under the names of the model; the model stays as it is.</summary>
    /// <returns>Pairs of name ("….q_proj.weight") and a new tensor [O, C] in the type of the base, and the mixers' parameters; the caller disposes them.</returns>
    public IEnumerable<(string Name, Tensor Weight)> MergedWeights()
    {
        foreach (var (slot, layer) in layers)
            yield return (slot.Name + Weight, layer.Merged());
        foreach (var (name, weight) in FullParameters)
            yield return (name, weight.detach().clone());
        foreach (var (name, weight) in MixerParameters)
            yield return (name, weight.detach().clone());
    }

    /// <summary>Adds the adapter into the model's weights (in fp32, rounded once to their type) and takes it off.</summary>
    public void Merge()
    {
        using var grad = torch.no_grad();
        foreach (var (_, layer) in layers)
        {
            using var merged = layer.Merged();
            layer.Inner.Weight.copy_(merged);
        }
        foreach (var (_, layer) in full)
            layer.Inner.Weight.copy_(layer.Weight);
        Detach();
    }

    /// <summary>Takes the adapter off: the model is again exactly what it was before <see cref="Lora.Attach(Models.CausalLM, LoraOptions, long, bool, IReadOnlyCollection{string})"/>.</summary>
    public void Detach()
    {
        if (!attached)
            return;
        foreach (var (slot, layer) in layers)
            slot.Value = layer.Inner;
        foreach (var (slot, layer) in full)
            slot.Value = layer.Inner;
        attached = false;
    }

    /// <summary>Takes the adapter off and frees its tensors; the model stays usable.</summary>
    public void Dispose()
    {
        Detach();
        dropout.Dispose();
        foreach (var (_, layer) in layers)
        {
            layer.Forget();
            layer.A.Dispose();
            layer.B.Dispose();
            layer.Magnitude?.Dispose();
        }
        foreach (var (_, layer) in full)
            layer.Weight.Dispose();
    }

    private static IEnumerable<NamedParameter> Of(string name, LoraLinear layer) =>
    [
        new(name + A, layer.A), new(name + B, layer.B),
        .. layer.Magnitude is { } magnitude ? [new NamedParameter(name + Magnitude, magnitude)] : Array.Empty<NamedParameter>(),
    ];

    private static void Read(AdapterFolder folder, SafeTensorInfo stored, Tensor target)
    {
        if (!stored.Shape.AsSpan().SequenceEqual(target.shape))
            throw new TrainingException($"{folder.Path}: {stored.Name} — expected shape [{string.Join(", ", target.shape)}], got [{string.Join(", ", stored.Shape)}]. The adapter belongs to another model.");
        using var value = folder.Read(stored);
        target.copy_(value);
    }
}

using Liger.Checkpoints;
using Liger.Models;
using Liger.Models.Graph;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>Puts low-rank adapters on the projections of a model.</summary>
public static class Lora
{
    /// <summary>Freezes the model and wraps its target projections. The model's outputs stay as they are: B starts at zero.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">Rank, strength, dropout and targets.</param>
    /// <param name="seed">Seeds A and dropout; the same seed gives the same values on every device.</param>
    /// <param name="mixerParameters">Whether what the mixers declare is trained beside.</param>
    /// <param name="full">Last names of projections that are trained in full, in copies of their own; null is none.</param>
    /// <returns>The adapter; <see cref="LoraAdapter.Merge"/> or <see cref="LoraAdapter.Detach"/> takes it off again.</returns>
    /// <exception cref="TrainingException">An option is out of range, a target names no projection, or a target carries an adapter already.</exception>
    public static LoraAdapter Attach(CausalLM model, LoraOptions options, long seed, bool mixerParameters = false, IReadOnlyCollection<string>? full = null)
    {
        Freeze(model);
        return Attach(model.Projections, options, seed, mixerParameters ? Declared(model) : [], full);
    }

    /// <summary>Wraps target projections among these slots; what else the model trains is left to the caller.</summary>
    /// <param name="slots">Projections in the order of the model.</param>
    /// <param name="options">Rank, strength, dropout and targets.</param>
    /// <param name="seed">Seeds A and dropout.</param>
    /// <param name="beside">What is trained beside; null is nothing.</param>
    /// <param name="full">As above.</param>
    /// <exception cref="TrainingException">As above.</exception>
    public static LoraAdapter Attach(
        IReadOnlyList<ProjectionSlot> slots, LoraOptions options, long seed, IReadOnlyList<NamedParameter>? beside = null, IReadOnlyCollection<string>? full = null)
    {
        options.Check();
        full ??= [];
        var missing = options.Targets.Concat(full).Where(target => !slots.Any(slot => IsTarget(slot, target))).ToList();
        if (missing.Count > 0)
        {
            var known = slots.Select(slot => slot.Name[(slot.Name.LastIndexOf('.') + 1)..]).Distinct();
            throw new TrainingException($"LoRA targets and full: the model has no {string.Join(", ", missing)} — expected some of {string.Join(", ", known)}.");
        }
        if (options.Targets.Intersect(full).FirstOrDefault() is { } both)
            throw new TrainingException($"LoRA targets: {both} is trained in full too — expected one of both. Leave it out of the targets or out of full.");
        var targets = slots.Where(slot => options.Targets.Any(target => IsTarget(slot, target))).ToList();
        var whole = slots.Where(slot => full.Any(name => IsTarget(slot, name))).ToList();
        if (targets.Concat(whole).FirstOrDefault(slot => slot.Value is not Linear) is { } taken)
            throw new TrainingException($"LoRA targets: {taken.Name} carries an adapter already. Merge or detach it first.");
        using var grad = torch.no_grad();
        using var generator = new Generator((ulong)Seeds.Mix(seed, 0));
        var dropout = new LoraDropout(options.Dropout, Seeds.Mix(seed, 1));
        return new LoraAdapter(
            [.. targets.Select((slot, number) => (slot, Wrap((Linear)slot.Value, options, generator, dropout, number)))],
            [.. whole.Select(slot => (slot, new FullLinear(slot.Base)))], options, dropout, beside ?? []);
    }

    /// <summary>Puts a saved adapter on a model.</summary>
    /// <param name="model">The model; it is frozen.</param>
    /// <param name="folder">A folder in PEFT's format.</param>
    /// <exception cref="CheckpointException">The folder is no LoRA adapter, or it is damaged.</exception>
    /// <exception cref="TrainingException">The adapter does not fit the model.</exception>
    public static LoraAdapter Open(CausalLM model, string folder)
    {
        Freeze(model);
        return Open(model.Projections, folder, ParameterFile.Exists(folder, ParameterFile.Mixers) ? Declared(model) : []);
    }

    internal static LoraAdapter Open(IReadOnlyList<ProjectionSlot> slots, string folder, IReadOnlyList<NamedParameter>? beside = null)
    {
        using var stored = AdapterFolder.Open(folder);
        var config = stored.Config;
        var options = new LoraOptions { Rank = config.Rank, Alpha = config.Alpha, Dropout = config.Dropout, Targets = config.TargetModules, UseRsLora = config.UseRsLora, UseDora = config.UseDora };
        var full = ParameterFile.Names(folder, ParameterFile.Full).Select(name => name.Split('.')[^2]).Distinct().ToList();
        var adapter = Attach(slots, options, seed: 0, beside, full);
        try
        {
            adapter.Load(stored);
            return adapter;
        }
        catch
        {
            adapter.Dispose();
            throw;
        }
    }

    private static void Freeze(CausalLM model)
    {
        foreach (var (_, weight) in model.Parameters)
            weight.requires_grad = false;
        foreach (var (_, parameter) in model.Mixers.Parameters)
            parameter.Value.requires_grad = false;
    }

    private static IReadOnlyList<NamedParameter> Declared(CausalLM model) => [.. model.Mixers.Parameters.Select(p => new NamedParameter(p.Name, p.Parameter.Value))];

    private static bool IsTarget(ProjectionSlot slot, string target) => slot.Name.EndsWith("." + target, StringComparison.Ordinal);

    private static LoraLinear Wrap(Linear inner, LoraOptions options, Generator generator, LoraDropout dropout, int number)
    {
        using var scope = torch.NewDisposeScope();
        // Kaiming-uniform with a = √5, as torch initialises a linear layer: the bound is 1 / √C.
        var bound = 1 / Math.Sqrt(inner.InFeatures);
        var device = inner.Weight.device;
        var a = torch.empty([options.Rank, inner.InFeatures], ScalarType.Float32).uniform_(-bound, bound, generator).to(device);
        var b = torch.zeros([inner.OutFeatures, options.Rank], ScalarType.Float32, device);
        return new LoraLinear(inner, a.requires_grad_().DetachFromDisposeScope(), b.requires_grad_().DetachFromDisposeScope(), options.Scale, dropout, number, options.UseDora);
    }
}

using Liger.Models;

namespace Liger.Training;

/// <summary>What an objective trains of a model, apart from what it trains it for.</summary>
/// <param name="Parameters">In the order of the model from its input to its output.</param>
/// <param name="Begin">Begins a micro-batch, from whose number dropout follows; null: no dropout.</param>
/// <param name="Save">Writes a checkpoint that can be used by itself, replacing one of that name in one step.</param>
public sealed record Trainee(IReadOnlyList<NamedParameter> Parameters, Action<long?> Begin, Action<string> Save)
{
    /// <summary>An adapter, or a part of it; checkpoints are adapter folders in PEFT's format, with all of it.</summary>
    /// <param name="model">The model that carries the adapter.</param>
    /// <param name="adapter">The adapter.</param>
    /// <param name="baseModel">The path or name of the base model, noted in the adapter's folder; null leaves it open.</param>
    /// <param name="part">What of the adapter is trained; null is all of it.</param>
    public static Trainee Lora(CausalLM model, LoraAdapter adapter, string? baseModel = null, IReadOnlyList<NamedParameter>? part = null) =>
        new(part ?? adapter.Parameters, adapter.Begin, folder => adapter.Save(folder, baseModel, model.Plan));

    /// <summary>Every parameter of the model, as from scratch.</summary>
    /// <param name="model">The model; fp32 is trained in place, any other type through fp32 originals.</param>
    /// <param name="save">Writes the model as a checkpoint folder of the given name, replacing one that lies there in one step.</param>
    public static Trainee All(CausalLM model, Action<string> save) =>
        new([.. model.Parameters.Select(p => new NamedParameter(p.Name, p.Weight))], _ => { }, save);
}

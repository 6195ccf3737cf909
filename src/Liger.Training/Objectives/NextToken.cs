using Liger.Models;
using Liger.Models.Graph;
using Liger.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>Next-token loss of a model, for the parameters of an adapter or for all parameters of the model.</summary>
public sealed class NextToken : IObjective
{
    private readonly CausalLM model;
    private readonly Action<long?> begin;
    private readonly Action<string> save;

    private NextToken(CausalLM model, IReadOnlyList<NamedParameter> parameters, Action<long?> begin, Action<string> save)
    {
        (this.model, Parameters, this.begin, this.save) = (model, parameters, begin, save);
    }

    /// <inheritdoc/>
    public IReadOnlyList<NamedParameter> Parameters { get; }

    /// <summary>Trains an adapter; checkpoints are adapter folders in PEFT's format.</summary>
    /// <param name="model">The model that carries the adapter.</param>
    /// <param name="adapter">The adapter.</param>
    /// <param name="baseModel">The path or name of the base model, noted in the adapter's folder; null leaves it open.</param>
    public static NextToken Lora(CausalLM model, LoraAdapter adapter, string? baseModel = null) =>
        new(model, adapter.Parameters, adapter.Begin, folder => adapter.Save(folder, baseModel, model.Plan));

    /// <summary>Trains every parameter of the model, as from scratch.</summary>
    /// <param name="model">The model; fp32 is trained in place, any other type through fp32 originals.</param>
    /// <param name="save">Writes the model as a checkpoint folder of the given name, replacing one that lies there in one step.</param>
    public static NextToken All(CausalLM model, Action<string> save) =>
        new(model, [.. model.Parameters.Select(p => new NamedParameter(p.Name, p.Weight))], _ => { }, save);

    /// <inheritdoc/>
    public int ScoredTokens(PackedRow row) => NextTokenLoss.ScoredTokens(row);

    /// <inheritdoc/>
    public Tensor Loss(IReadOnlyList<PackedRow> rows, double scale, long? microStep)
    {
        using var scope = torch.NewDisposeScope();
        return NextTokenLoss.Sum(Hidden(rows, microStep), model.Head, rows, scale).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public string? FirstNonFinite(IReadOnlyList<PackedRow> rows, long? microStep)
    {
        string? first = null;
        var earlier = model.Probe;
        model.Probe = (name, value) =>
        {
            using var scope = torch.NewDisposeScope();
            if (first is null && !value.isfinite().all().item<bool>())
                first = name;
        };
        try
        {
            using var scope = torch.NewDisposeScope();
            var loss = NextTokenLoss.Sum(Hidden(rows, microStep), model.Head, rows, 1);
            return first ?? (float.IsFinite(loss.item<float>()) ? null : "lm_head");
        }
        finally
        {
            model.Probe = earlier;
        }
    }

    /// <inheritdoc/>
    public void Save(string folder) => save(folder);

    private Tensor Hidden(IReadOnlyList<PackedRow> rows, long? microStep)
    {
        begin(microStep);
        using var ids = NextTokenLoss.Ids(rows, model.Device);
        using var layout = SequenceLayout.Packed([.. rows.Select(row => row.DocumentStarts)], (int)ids.shape[1], model.Device);
        return model.Hidden(ids, layout);
    }
}

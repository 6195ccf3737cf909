using System.Text.Json.Nodes;
using Liger.Checkpoints;
using Liger.Models;
using Liger.Models.Mixers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Liger.Bench.Workers;

/// <summary>A unit is one LoRA step on the same batch.</summary>
internal sealed class TrainingWork : IWork
{
    private const long NotScored = -100;
    private readonly CausalLM _model;
    private readonly List<PlainLora> _adapted = [];
    private readonly AdamW _optimizer;
    private readonly Tensor _ids;
    private readonly Tensor _labels;

    internal TrainingWork(string checkpoint, string adapter, string mixer, ScalarType dtype, WorkInputs inputs)
    {
        using var folder = CheckpointFolder.Open(checkpoint);
        _model = CausalLM.Load(folder, dtype, mixer: new MixerSpec(mixer, new Dictionary<string, string>()));
        using var stored = AdapterFolder.Open(adapter);
        foreach (var module in stored.Modules)
        {
            var slot = _model.Projections.Single(p => p.Name == module.Module);
            var (a, b) = stored.Read(module);
            var lora = new PlainLora(slot.Value, a, b, stored.Config.Scaling);
            slot.Value = lora;
            _adapted.Add(lora);
        }
        _optimizer = optim.AdamW(_adapted.SelectMany(l => new[] { l.A, l.B }), lr: inputs.LearningRate);
        var ids = inputs.Rows.SelectMany(row => row.Select(id => (long)id)).ToArray();
        var labels = inputs.Rows.SelectMany(row => row.Skip(1).Select(id => (long)id).Append(NotScored)).ToArray();
        _ids = tensor(ids, [inputs.Rows.Length, inputs.Rows[0].Length]);
        _labels = tensor(labels);
    }

    /// <inheritdoc/>
    public JsonObject Unit()
    {
        using var scope = NewDisposeScope();
        var logits = _model.forward(_ids);
        var loss = nn.functional.cross_entropy(logits.to(float32).flatten(0, 1), _labels);
        logits.Dispose();
        loss.backward();
        _optimizer.step();
        _optimizer.zero_grad();
        return new JsonObject { ["loss"] = loss.item<float>() };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimizer.Dispose();
        _model.Dispose();
    }
}

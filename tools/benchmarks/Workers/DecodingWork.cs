using System.Diagnostics;
using System.Text.Json.Nodes;
using Liger.Checkpoints;
using Liger.Models;
using Liger.Models.Decoding;
using Liger.Models.Mixers;
using static TorchSharp.torch;

namespace Liger.Bench.Workers;

/// <summary>A unit is one greedy continuation of the prompt.</summary>
internal sealed class DecodingWork : IWork
{
    private readonly CausalLM _model;
    private readonly WorkInputs _inputs;
    private readonly Sampler _greedy = new();

    internal DecodingWork(string checkpoint, string mixer, ScalarType dtype, WorkInputs inputs)
    {
        using var folder = CheckpointFolder.Open(checkpoint);
        _model = CausalLM.Load(folder, dtype, mixer: new MixerSpec(mixer, new Dictionary<string, string>()));
        _inputs = inputs;
    }

    /// <inheritdoc/>
    public void Run(Turns turns)
    {
        var more = turns.Begin();
        while (more)
            more = turns.Done(Unit());
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    private JsonObject Unit()
    {
        var started = Stopwatch.GetTimestamp();
        double first = 0;
        var made = new JsonArray();
        using var state = _model.NewState(1);
        foreach (var id in Generation.Continue(_model, state, _inputs.Prompt, _greedy, _inputs.NewTokens))
        {
            if (made.Count == 0)
                first = Stopwatch.GetElapsedTime(started).TotalSeconds;
            made.Add(id);
        }
        return new JsonObject { ["first"] = first, ["rest"] = Stopwatch.GetElapsedTime(started).TotalSeconds - first, ["tokens"] = made };
    }
}

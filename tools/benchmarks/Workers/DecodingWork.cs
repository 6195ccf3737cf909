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
    private readonly CausalLM model;
    private readonly WorkInputs inputs;
    private readonly Sampler greedy = new();

    internal DecodingWork(string checkpoint, string mixer, ScalarType dtype, WorkInputs inputs)
    {
        using var folder = CheckpointFolder.Open(checkpoint);
        model = CausalLM.Load(folder, dtype, mixer: new MixerSpec(mixer, new Dictionary<string, string>()));
        this.inputs = inputs;
    }

    /// <inheritdoc/>
    public void Run(Turns turns)
    {
        var more = turns.Begin();
        while (more)
            more = turns.Done(Unit());
    }

    /// <inheritdoc/>
    public void Dispose() => model.Dispose();

    private JsonObject Unit()
    {
        var started = Stopwatch.GetTimestamp();
        double first = 0;
        var made = new JsonArray();
        using var state = model.NewState(1);
        foreach (var id in Generation.Continue(model, state, inputs.Prompt, greedy, inputs.NewTokens))
        {
            if (made.Count == 0)
                first = Stopwatch.GetElapsedTime(started).TotalSeconds;
            made.Add(id);
        }
        return new JsonObject { ["first"] = first, ["rest"] = Stopwatch.GetElapsedTime(started).TotalSeconds - first, ["tokens"] = made };
    }
}

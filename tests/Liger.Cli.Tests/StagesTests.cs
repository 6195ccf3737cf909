using System.Text.Json.Nodes;
using Liger.Recipes;
using Liger.Steps;
using Liger.Testing;

namespace Liger.Cli.Tests;

/// <summary>A run of three stages: attention transfer of mixer parameters, distillation of the adapter, next-token loss of both on other data.</summary>
public sealed class StagesTests : IDisposable
{
    private static readonly string[] Varying = ["tokens_per_second", "memory_bytes", "seconds"];
    private readonly TemporaryFolder folder = new();

    public StagesTests()
    {
        TinyCheckpoint.Write(folder["model"]);
        File.WriteAllText(folder["text.txt"], TinyCheckpoint.Words);
        File.WriteAllText(folder["needles.jsonl"], string.Concat(Enumerable.Range(0, 12).Select(i => $$"""{"prompt": "the cat {{i}} ran", "answer": " away", "distance": {{4 + i % 2}}}""" + "\n")));
        File.WriteAllText(folder["r.yaml"], """
            model: {path: model}
            mixer: {name: liger-gla, window: 4, mixture: learned, initial_mix: 0.7}
            data: {train: text.txt, validation_rows: 2, context: 16}
            lora: {rank: 2, dropout: 0.1, targets: [q_proj, o_proj], dora: true}
            train: {accumulation: 2, lr: 1e-2, validate_every: 2, save_every: 1, device: cpu}
            stages:
              - {name: transfer, loss: attention-transfer, steps: 3, lr: 5e-2, lora: false, mixer_parameters: true}
              - {name: distill, loss: distill, steps: 4, warmup: 1, best: needles, needles: needles.jsonl, needle_cases: 6}
              - {name: longer, steps: 3, mixer_parameters: true, full: [k_proj], full_lr: 1e-3, mixer_lr: 2e-2, lora_plus: 4, data: {context: 32}}
            """);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Every_stage_trains_what_it_names_and_is_recorded()
    {
        var said = new Observer();
        var result = Run("whole", said);
        Assert.Equal(["transfer", "distill", "longer"], result.Stages!.Select(stage => stage.Name));
        Assert.Equal((10, 10 * 2 * 16 + 3 * 2 * 16), (result.Steps, result.Tokens));
        Assert.Equal([8, 320, 584], result.Stages!.Select(stage => stage.TrainedParameters));
        Assert.Equal(584, result.TrainedParameters);
        Assert.Contains("stage 2/3 distill", said.Works);
        Assert.Contains(said.Lines, line => line.StartsWith("stage 3/3 longer 584 parameters", StringComparison.Ordinal));
        var stages = Metrics("whole").Select(line => line["stage"]!.GetValue<string>()).ToList();
        Assert.Equal(stages.OrderBy(name => result.Stages!.ToList().FindIndex(stage => stage.Name == name)), stages);
        Assert.Contains(Metrics("whole"), line => line["validation_layer_1"] is not null && line["stage"]!.GetValue<string>() == "transfer");
        Assert.Contains(Metrics("whole"), line => line["validation_next_token"] is not null && line["stage"]!.GetValue<string>() == "distill");
        Assert.Equal(3, Metrics("whole").Count(line => line["validation_needles"] is not null && line["validation_needles_4"] is not null && line["validation_needles_5"] is not null && line["stage"]!.GetValue<string>() == "distill"));
        Assert.Contains(said.Lines, line => line.Contains(", kl ", StringComparison.Ordinal) && line.Contains(", needles ", StringComparison.Ordinal));
        // A converted model's next-token stage tells how far it is from the original.
        Assert.Contains(Metrics("whole"), line => line["validation_kl"] is not null && line["stage"]!.GetValue<string>() == "longer");
        // Transfer leaves the adapter as it began; distillation leaves the mixers as transfer left them.
        byte[] File(string stage, string name) => System.IO.File.ReadAllBytes(folder[$"whole/stages/{stage}/last/{name}"]);
        Assert.Equal(System.IO.File.ReadAllBytes(folder["whole/stages/transfer/best/mixer_parameters.safetensors"]), File("distill", "mixer_parameters.safetensors"));
        Assert.NotEqual(File("transfer", "adapter_model.safetensors"), File("distill", "adapter_model.safetensors"));
        Assert.NotEqual(File("distill", "mixer_parameters.safetensors"), File("longer", "mixer_parameters.safetensors"));
        Assert.NotEqual(File("distill", "full_projections.safetensors"), File("longer", "full_projections.safetensors"));
        var exported = new ExportStep(new ExportOptions { Model = new ModelOptions { Checkpoint = result.Checkpoint, Adapter = result.Adapter, Device = "cpu" }, To = folder["merged"] }).Run(said);
        // Both layers' q, k, o and mixers' parameters.
        Assert.Equal((8, true), (exported.MergedTensors, exported.LargestLogitDifference < 1e-3));
    }

    [Fact]
    public void Stopped_in_any_stage_it_goes_on_to_the_same_bits_and_the_same_metrics()
    {
        Run("whole", new Observer());
        foreach (var (stage, step) in new[] { ("transfer", 2), ("transfer", 3), ("distill", 1), ("longer", 2) })
        {
            using var stop = new CancellationTokenSource();
            var name = $"{stage}-{step}";
            var first = Run(name, new Observer { Then = (work, at) => { if (work.EndsWith(stage, StringComparison.Ordinal) && at == step) stop.Cancel(); } }, stop: stop.Token);
            Assert.True(first.Cancelled, name);
            Assert.False(Run(name, new Observer(), resume: true).Cancelled);
            foreach (var file in new[] { "adapter_model.safetensors", "mixer_parameters.safetensors", "full_projections.safetensors" })
                Assert.Equal(File.ReadAllBytes(folder[$"whole/adapter/{file}"]), File.ReadAllBytes(folder[$"{name}/adapter/{file}"]));
            Assert.Equal(Metrics("whole").Select(Steady), Metrics(name).Select(Steady));
        }
    }

    [Fact]
    public void A_finished_run_that_is_resumed_or_begun_afresh_is_the_same()
    {
        Run("run", new Observer());
        var before = File.ReadAllBytes(folder["run/adapter/adapter_model.safetensors"]);
        var said = new Observer();
        Run("run", said, resume: true);
        Assert.Contains("stage 1/3 transfer: finished before", said.Lines);
        Assert.Equal(before, File.ReadAllBytes(folder["run/adapter/adapter_model.safetensors"]));
        var lines = Metrics("run").Select(Steady).ToList();
        Run("run", new Observer(), overwrite: true);
        Assert.Equal(before, File.ReadAllBytes(folder["run/adapter/adapter_model.safetensors"]));
        Assert.Equal(lines, Metrics("run").Select(Steady));
        // Begun afresh and stopped, nothing of the earlier run's end is left to be taken for its own.
        using var stop = new CancellationTokenSource();
        Assert.True(Run("run", new Observer { Then = (_, _) => stop.Cancel() }, overwrite: true, stop: stop.Token).Cancelled);
        Assert.False(File.Exists(folder["run/finetune.json"]) || Directory.Exists(folder["run/adapter"]));
    }

    private FinetuneResult Run(string name, Observer observer, bool resume = false, bool overwrite = false, CancellationToken stop = default) =>
        new FinetuneStep(new FinetuneOptions { Recipe = RecipeFile.Load(folder["r.yaml"], [$"run_folder={folder[name]}"]), Resume = resume, Overwrite = overwrite }).Run(observer, stop);

    private List<JsonObject> Metrics(string name) => [.. File.ReadLines(folder[$"{name}/metrics.jsonl"]).Select(line => JsonNode.Parse(line)!.AsObject())];

    private static string Steady(JsonObject line)
    {
        foreach (var name in Varying)
            line.Remove(name);
        return line.ToJsonString();
    }

    private sealed class Observer : IStepObserver
    {
        public List<string> Lines { get; } = [];

        public HashSet<string> Works { get; } = [];

        public Action<string, long>? Then { get; init; }

        public void Say(string message) => Lines.Add(message);

        public void Report(StepProgress progress)
        {
            Works.Add(progress.Work);
            if (progress.Loss is not null)
                Then?.Invoke(progress.Work, progress.Done);
        }
    }
}

using Liger.Recipes;
using Liger.Testing;

namespace Liger.Tests.Recipes;

public sealed class RecipeFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string Save(string yaml)
    {
        File.WriteAllText(folder["small.yaml"], yaml);
        return folder["small.yaml"];
    }

    private const string Small = """
        model:
          path: models/tiny
        mixer:
          name: liger-gla
          window: 32
        data:
          train: [a.txt, sub/b.txt]
        train:
          epochs: 2
          lr: 3e-4
        eval:
          text: /data/held out.txt
        """;

    [Fact]
    public void Relative_paths_start_at_the_recipes_folder()
    {
        var recipe = RecipeFile.Load(Save(Small));
        Assert.Equal(folder["models/tiny"], recipe.Model.Path);
        Assert.Equal([folder["a.txt"], folder["sub/b.txt"]], recipe.Data.Train);
        Assert.Equal("/data/held out.txt", recipe.Eval!.Text);
        Assert.Equal("small", recipe.Name);
        Assert.Equal(Path.GetFullPath("runs/small"), recipe.RunFolder);
    }

    [Fact]
    public void Values_and_defaults_are_read()
    {
        var recipe = RecipeFile.Load(Save(Small));
        Assert.Equal((2.0, 3e-4, 8), (recipe.Train.Trainer.Epochs, recipe.Train.Trainer.Schedule.LearningRate, recipe.Train.Trainer.Accumulation));
        Assert.Equal((8, 8.0), (recipe.Lora.Rank, recipe.Lora.Alpha));
        Assert.Equal("32", recipe.Mixer!.Options["window"]);
        Assert.Null(recipe.Export);
    }

    [Fact]
    public void The_resolved_recipe_reads_back_as_the_same_recipe_from_anywhere()
    {
        var recipe = RecipeFile.Load(Save(Small + "\nexport:\ngenerate:\n  prompt: \"a \\\"b\\\": #c\\n\""), ["train.clip=null", "name=1e5", "mixer.keep_heads=[5.10, 4.1]", "mixer.keep_every=8", "mixer.keep_as=selected selected=32", "mixer.budget=260KB", "mixer.budget_windows=[4, 64]", "mixer.budget_keys=[32]", "mixer.budget_softmax=512", "mixer.calibrate=a.txt", "mixer.calibrate_lists=0.5"]);
        var written = RecipeFile.Write(recipe);
        using var elsewhere = new TemporaryFolder();
        File.WriteAllText(elsewhere["x.yaml"], written);
        var again = RecipeFile.Load(elsewhere["x.yaml"]);
        Assert.Equal(written, RecipeFile.Write(again));
        Assert.Equal("a \"b\": #c\n", again.Generate!.Prompt);
        Assert.Equal("1e5", again.Name);
        Assert.Equal(["5.10", "4.1"], again.Mixer!.Keep.Heads);
        Assert.Equal((8, "selected selected=32"), (again.Mixer.Keep.Every, again.Mixer.Keep.As));
        Assert.Equal("260KB", again.Mixer.Keep.Budget);
        Assert.Equal([4, 64], again.Mixer.Keep.BudgetWindows);
        Assert.Equal([32], again.Mixer.Keep.BudgetKeys);
        Assert.Equal(512, again.Mixer.Keep.BudgetSoftmax);
        Assert.Equal(0.5, again.Mixer.Keep.CalibrateLists);
        Assert.Null(again.Train.Trainer.Clip);
        Assert.NotNull(again.Export);
    }

    [Fact]
    public void Recall_windows_are_asked_for_by_a_section_and_by_none_where_it_lacks()
    {
        Assert.Null(RecipeFile.Load(Save(Small)).Data.Recall);
        var recipe = RecipeFile.Load(Save(Small.Replace("train: [a.txt, sub/b.txt]", "train: a.txt\n  recall: {share: 0.25, keys: names.txt, answer_weight: 4}")));
        Assert.Equal((0.25, folder["names.txt"], 4, false), (recipe.Data.Recall!.Share, recipe.Data.Recall.Keys, recipe.Data.Recall.AnswerWeight, recipe.Data.Recall.OnlyAnswers));
        File.WriteAllText(folder["again.yaml"], RecipeFile.Write(recipe));
        Assert.Equal(recipe.Data.Recall, RecipeFile.Load(folder["again.yaml"]).Data.Recall);
        Assert.Contains("data.recall.share", Assert.Throws<LigerException>(() => RecipeFile.Load(Save(Small), ["data.recall.share=2"])).Message);
    }

    [Fact]
    public void Words_and_truth_values_of_a_mixer_are_read_and_written()
    {
        var recipe = RecipeFile.Load(Save(Small), ["mixer.rope=true", "mixer.feature_map=l2-norm", "mixer.gate_source=query"]);
        File.WriteAllText(folder["again.yaml"], RecipeFile.Write(recipe));
        var options = RecipeFile.Load(folder["again.yaml"]).Mixer!.Options;
        Assert.Equal(("true", "l2-norm", "query", "false"), (options["rope"], options["feature-map"], options["gate-source"], options["normalized"]));
        var refused = Assert.Throws<LigerException>(() => RecipeFile.Load(Save(Small), ["mixer.gate_source=keys"]));
        Assert.Contains("expected one of key, query, value, constant", refused.Message);
    }

    [Fact]
    public void Distillation_is_read_and_written_and_its_keys_belong_to_it()
    {
        var recipe = RecipeFile.Load(Save(Small), ["train.loss=distill", "train.temperature=2", "train.cross_entropy=0.25", "train.teacher_top_k=50"]);
        File.WriteAllText(folder["again.yaml"], RecipeFile.Write(recipe));
        var loss = RecipeFile.Load(folder["again.yaml"]).Train.Loss;
        Assert.Equal((LossKind.Distill, 2.0, 0.25, 50), (loss.Kind, loss.Distillation.Temperature, loss.Distillation.CrossEntropy, loss.Distillation.TopK));
        Assert.Equal(LossKind.Distill, RecipeFile.Load(Save(Small)).Train.Loss.Kind);
        Assert.Contains("expected distill", Assert.Throws<LigerException>(() => RecipeFile.Load(Save(Small), ["train.loss=next-token", "train.temperature=2"])).Message);
    }

    private static readonly string Staged = Small.Replace("epochs: 2\n", "", StringComparison.Ordinal) + """

        stages:
          - name: transfer
            loss: attention-transfer
            steps: 5
            mixer_parameters: true
            lora: false
          - name: distill
            loss: distill
            tokens: 1000
            lr: 1e-4
            data:
              train: long.txt
              context: 64
        """;

    [Fact]
    public void Early_signs_are_read_and_a_criterion_needs_what_it_goes_by()
    {
        var recipe = RecipeFile.Load(Save(Small), ["train.best=needles", "train.needles=/data/n.jsonl", "train.needle_cases=60", "train.recall_cases=5"]);
        File.WriteAllText(folder["again.yaml"], RecipeFile.Write(recipe));
        var stage = RecipeFile.Load(folder["again.yaml"]).Train.Stage;
        Assert.Equal(("needles", "/data/n.jsonl", 60, 5), (stage.Signs.Best, stage.Signs.NeedleFile, stage.Signs.NeedleCases, stage.Signs.RecallCases));
        Assert.Equal("needles", stage.Trainer.Best);
        Assert.Contains("expected a file of cases", Assert.Throws<LigerException>(() => RecipeFile.Load(Save(Small), ["train.best=needles"])).Message);
        Assert.Contains("recall_cases above 0", Assert.Throws<LigerException>(() => RecipeFile.Load(Save(Small), ["train.best=recall"])).Message);
    }

    [Fact]
    public void Stages_are_read_over_train_and_data_overridden_and_written()
    {
        var recipe = RecipeFile.Load(Save(Staged), ["stages.1.batch=3", "train.accumulation=2"]);
        File.WriteAllText(folder["again.yaml"], RecipeFile.Write(recipe));
        var again = RecipeFile.Load(folder["again.yaml"]);
        Assert.Equal(RecipeFile.Write(recipe), RecipeFile.Write(again));
        var (first, second) = (again.Stages[0], again.Stages[1]);
        Assert.Equal(("transfer", LossKind.AttentionTransfer, 5L, false, true), (first.Name, first.Loss.Kind, first.Trainer.Steps, first.Lora, first.MixerParameters));
        Assert.Equal((3e-4, 2, 1), (first.Trainer.Schedule.LearningRate, first.Trainer.Accumulation, first.Trainer.Batch));
        Assert.Equal((1e-4, 1000L, 3), (second.Trainer.Schedule.LearningRate, second.Trainer.Tokens, second.Trainer.Batch));
        Assert.Null(first.Data);
        Assert.Equal((folder["long.txt"], 64), (Assert.Single(second.Data!.Train), second.Data.Context));
    }

    [Fact]
    public void What_is_wrong_in_stages_is_named_with_its_line()
    {
        var file = Save(Staged.Replace("name: distill", "name: transfer", StringComparison.Ordinal).Replace("tokens: 1000", "tokns: 1000", StringComparison.Ordinal));
        var line = File.ReadAllLines(file).ToList().FindIndex(text => text.Contains("tokns")) + 1;
        var problems = RecipeFile.Read([file], ["train.steps=4", "stages.7.lr=1"]).Problems.Select(p => p.ToString()).ToList();
        Assert.Contains("command line: stages.7.lr: 'stages.7' is no section — expected a number from 0 to 1", problems);
        Assert.Contains($"{file}:{line}: stages.1.tokns: unknown key; nearest known key: stages.1.tokens", problems);
        Assert.Contains(RecipeFile.Read([file], []).Problems, p => p.ToString().Contains("stages.1: expected exactly one of steps, tokens and epochs, got 0", StringComparison.Ordinal));
        Assert.Contains(problems, p => p.Contains("train: expected no steps", StringComparison.Ordinal));
        Assert.Contains(problems, p => p.Contains("stages: two stages have the same name", StringComparison.Ordinal));
        Assert.Contains("lora: targets: expected none that is trained in full, got k_proj", RecipeFile.Read([Save(Small)], ["train.full=[k_proj]"]).Problems[^1].ToString(), StringComparison.Ordinal);
        Assert.Contains("expected true where nothing else", RecipeFile.Read([Save(Small)], ["train.lora=false"]).Problems[^1].ToString(), StringComparison.Ordinal);
        Assert.Contains("stages: expected a list", RecipeFile.Read([Save(Small + "\nstages: 3")], []).Problems[^1].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Overrides_are_laid_over_the_file()
    {
        var recipe = RecipeFile.Load(Save(Small), ["train.lr=1e-5", "lora.targets=[q_proj]", "mixer.sinks=4", "data.validation=v.txt", "train.epochs=", "train.steps=7"]);
        Assert.Equal((1e-5, 7L), (recipe.Train.Trainer.Schedule.LearningRate, recipe.Train.Trainer.Steps));
        Assert.Equal(["q_proj"], recipe.Lora.Targets);
        Assert.Equal("4", recipe.Mixer!.Options["sinks"]);
        Assert.Equal(Path.GetFullPath("v.txt"), Assert.Single(recipe.Data.Validation));
    }

    [Fact]
    public void A_file_lies_over_the_recipe_key_by_key_and_replaces_the_mixer()
    {
        Directory.CreateDirectory(folder["over"]);
        File.WriteAllText(folder["over/memory.yaml"], "mixer:\n  name: window\n  sinks: 4\ndata:\n  validation: [v.txt]\ntrain:\n  lr: 1e-3\n  mixer_parameters: true\nexport:\n");
        var recipe = RecipeFile.Load([Save(Small), folder["over/memory.yaml"]], ["train.lr=1e-4", "data.validation_rows=3"]);
        Assert.Equal(("window", "4"), (recipe.Mixer!.Name, recipe.Mixer.Options["sinks"]));
        Assert.NotEqual("32", recipe.Mixer.Options["window"]);
        Assert.Equal([folder["a.txt"], folder["sub/b.txt"]], recipe.Data.Train);
        Assert.Equal([folder["over/v.txt"]], recipe.Data.Validation);
        Assert.Equal((2.0, 1e-4, true, 3), (recipe.Train.Trainer.Epochs, recipe.Train.Trainer.Schedule.LearningRate, recipe.Train.Stage.MixerParameters, recipe.Data.ValidationRows));
        Assert.NotNull(recipe.Export);
        Assert.Equal(("small+memory", Path.GetFullPath("runs/small+memory")), (recipe.Name, recipe.RunFolder));
        Assert.Equal("mine", RecipeFile.Load([Save(Small), folder["over/memory.yaml"]], ["name=mine"]).Name);
        File.WriteAllText(folder["one.yaml"], RecipeFile.Write(recipe));
        Assert.Equal(RecipeFile.Write(recipe), RecipeFile.Write(RecipeFile.Load(folder["one.yaml"])));
    }

    [Fact]
    public void Null_takes_a_section_away_and_one_that_is_needed_is_named_as_missing()
    {
        var all = Save(Staged.Replace("eval:", "export:\ngenerate:\n  prompt: a\neval:", StringComparison.Ordinal).Replace("train: [a.txt, sub/b.txt]", "train: a.txt\n  recall: {share: 0.25}", StringComparison.Ordinal));
        Assert.All((object?[])[RecipeFile.Load(all).Eval, RecipeFile.Load(all).Export, RecipeFile.Load(all).Generate], Assert.NotNull);
        File.WriteAllText(folder["over.yaml"], "export: ~\nlora: null\n");
        var recipe = RecipeFile.Load([all, folder["over.yaml"]], ["eval=null", "generate=null", "mixer=null", "stages.1.data.recall=null", "lora.rank=3"]);
        Assert.All((object?[])[recipe.Eval, recipe.Export, recipe.Generate, recipe.Mixer, recipe.Stages[1].Data!.Recall], Assert.Null);
        Assert.Equal((0.25, 3), (recipe.Data.Recall!.Share, recipe.Lora.Rank));
        File.WriteAllText(folder["again.yaml"], RecipeFile.Write(recipe));
        var again = RecipeFile.Load(folder["again.yaml"]);
        Assert.Equal(RecipeFile.Write(recipe), RecipeFile.Write(again));
        Assert.Null(again.Stages[1].Data!.Recall);
        // Laid over again, a section is there again; stages that go leave their keys to train.
        Assert.Equal("/b.txt", RecipeFile.Load(all, ["eval=null", "eval.text=/b.txt"]).Eval!.Text);
        Assert.Empty(RecipeFile.Load(all, ["stages=null", "train.steps=4"]).Stages);
        Assert.Null(RecipeFile.Load(Save(Small), ["export=null"]).Export);

        var problems = RecipeFile.Read([Save(Small)], ["model=null", "data=null", "train=null"]).Problems.Select(p => p.ToString()).ToList();
        Assert.Contains("command line: model.path: missing; expected a path", problems);
        Assert.Contains(problems, p => p.StartsWith("command line: data.train: missing", StringComparison.Ordinal));
        Assert.Contains("command line: train: expected exactly one of steps, tokens and epochs, got 0", problems);
    }

    [Fact]
    public void Problems_name_the_file_that_they_stand_in()
    {
        File.WriteAllText(folder["over.yaml"], "mixer:\n  name: window\n  mix: 1\ntrain:\n  lr: 7\n  lrr: 1\neval: 3\n");
        var problems = RecipeFile.Read([Save(Small.Replace("epochs: 2", "epochs: x")), folder["over.yaml"]], ["train.batch=0"]).Problems.Select(p => p.ToString()).ToList();
        Assert.Contains(problems, p => p.StartsWith($"{folder["small.yaml"]}:9: train.epochs: expected", StringComparison.Ordinal));
        Assert.Contains(problems, p => p.StartsWith($"{folder["over.yaml"]}:3: mixer.mix: unknown key", StringComparison.Ordinal));
        Assert.Contains($"{folder["over.yaml"]}:5: train.lr: expected a number above 0 and up to 1, got '7'", problems);
        Assert.Contains($"{folder["over.yaml"]}:6: train.lrr: unknown key; nearest known key: train.lr", problems);
        Assert.Contains($"{folder["over.yaml"]}:7: eval: expected a section (indented keys), got '3'", problems);
        Assert.Contains(problems, p => p.StartsWith("command line: train.batch: expected", StringComparison.Ordinal));
        File.WriteAllText(folder["over.yaml"], "a: b: c");
        Assert.Contains($"{folder["over.yaml"]}:1: this is not valid YAML", Assert.Throws<LigerException>(() => RecipeFile.Load([Save(Small), folder["over.yaml"]])).Message);
    }

    [Fact]
    public void An_unknown_key_is_named_with_file_line_and_nearest_key()
    {
        var file = Save(Small.Replace("lr: 3e-4", "leraning_rate: 3e-4\n  bacth: 2"));
        var error = Assert.Throws<LigerException>(() => RecipeFile.Load(file));
        Assert.Equal(ExitCode.WrongUse, error.ExitCode);
        Assert.Contains($"{file}:11: train.bacth: unknown key; nearest known key: train.batch", error.Message);
    }

    [Fact]
    public void All_problems_are_named_at_once()
    {
        var file = Save("""
            modle:
              path: x
            data:
              train: a.txt
              context: many
            lora:
              targets: [q_proj, qproj]
            train:
              lr: 7
            """);
        var (_, problems) = RecipeFile.Read([file], ["train.warmup=-1", "novalue"]);
        Assert.Equal(
            [
                $"command line: expected key=value (such as train.lr=3e-4), got 'novalue'",
                $"{file}: model.path: missing; expected a path",
                $"{file}:5: data.context: expected a whole number from 8 to 1048576, got 'many'",
                $"{file}:7: lora.targets: expected a list of at least one, each one of q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj, got a list: [ q_proj, qproj ]",
                $"{file}:9: train.lr: expected a number above 0 and up to 1, got '7'",
                $"command line: train.warmup: expected a whole number from 0 to 10000000, got '-1'",
                $"{file}:9: train: expected exactly one of steps, tokens and epochs, got 0",
                $"{file}:1: modle: unknown key; nearest known key: model",
            ],
            problems.Select(p => p.ToString()));
    }

    [Theory]
    [InlineData("a: b: c", ":1: this is not valid YAML")]
    [InlineData("model: 1\nmodel: 2", "this is not valid YAML")]
    [InlineData("- a", "expected one YAML document of sections")]
    [InlineData("", "expected one YAML document of sections")]
    public void A_file_that_is_no_recipe_says_so(string yaml, string message)
    {
        var error = Assert.Throws<LigerException>(() => RecipeFile.Load(Save(yaml)));
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void A_missing_file_and_a_folder_say_so()
    {
        Assert.Contains("there is no such file", Assert.Throws<LigerException>(() => RecipeFile.Load(folder["none.yaml"])).Message);
        Assert.Contains("is a folder", Assert.Throws<LigerException>(() => RecipeFile.Load(folder.Path)).Message);
    }
}

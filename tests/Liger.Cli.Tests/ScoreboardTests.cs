using System.Text.Json;
using Liger.Cli.Display;
using Liger.Scoreboards;
using Liger.Testing;

namespace Liger.Cli.Tests;

public sealed class ScoreboardTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string results;

    public ScoreboardTests()
    {
        TinyCheckpoint.Write(folder["model"]);
        File.WriteAllText(folder["text.txt"], TinyCheckpoint.Words);
        File.WriteAllText(folder["needles.jsonl"], """{"prompt":"the cat sat on the mat and then it ran","answer":" away","distance":8}""");
        Assert.Equal(ExitCode.Done, CliRun.Of("data", "mqar", "--tokenizer", folder["model"], "--out", folder["mqar.jsonl"], "--pairs", "2,4", "--cases", "2").ExitCode);
        results = folder["eval/results"];
        Recipe("small", "liger-gla", 4);
        Recipe("large", "window", 12);
    }

    public void Dispose() => folder.Dispose();

    private string Recipe(string name, string mixer, int window, int context = 32)
    {
        var file = folder[$"{name}.yaml"];
        File.WriteAllText(file, $"""
            run_folder: runs/{name}
            model:
              path: model
            mixer:
              name: {mixer}
              window: {window}
            data:
              train: text.txt
              validation_rows: 2
              context: 16
            lora:
              rank: 2
            train:
              steps: 2
              lr: 1e-2
              device: cpu
            eval:
              text: text.txt
              needles: needles.jsonl
              mqar: mqar.jsonl
              context: {context}
            """);
        return file;
    }

    private CliRun Run(params string[] arguments) => CliRun.Of(["scoreboard", "--to", results, "--device", "cpu", .. arguments]);

    private CliRun Done(params string[] arguments)
    {
        var run = Run(arguments);
        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        return run;
    }

    private void Refused(string expected, params string[] arguments)
    {
        var run = Run(arguments);
        Assert.Equal(ExitCode.WrongUse, run.ExitCode);
        Assert.Contains(expected, run.Error);
    }

    [Fact]
    public void Experiments_stand_beside_the_original_and_windows_of_equal_memory()
    {
        Refused("has not been run to its end", folder["small.yaml"]);
        var text = Done(folder["small.yaml"], folder["large.yaml"], "--run", "--untrained").Output;
        Assert.Matches(@"large +[0-9]+\.", text);
        Assert.Matches(" 8 back +MQAR, 2 pairs +MQAR, 4 pairs", text);

        var board = new ScoreboardFolder(results).Find("model")!;
        Assert.Equal(
            ["original", "window 2 + 4, untrained", "window 8 + 4, untrained", "small, untrained", "small", "large, untrained", "large"], board.Rows.Select(r => r.Name));
        // Softmax: 2 layers, 2 kv heads, 4 wide, fp32: 128 bytes a token. Small: 3 tokens and 2·2·16 fp32, as much as 5; large: 11 tokens; windows keep 3 more than their size.
        const int token = 128;
        Assert.Equal([32 * token, 5 * token, 11 * token, 5 * token, 5 * token, 11 * token, 11 * token], board.Rows.Select(r => (int)r.Memory.Bytes));
        Assert.Equal(["window 2 + 4, untrained", "window 8 + 4, untrained"], board.Rows.Where(r => r.Kind == RowKind.Trained).Select(r => r.WindowBeside!));
        Assert.All(board.Rows, r => Assert.Equal(r.Kind == RowKind.Original, r.Figures.KlDivergence is null));
        var (trained, untrained) = (board.Rows[4], board.Rows[3]);
        Assert.NotEqual(trained.Figures.Loss.Value, untrained.Figures.Loss.Value);
        Assert.InRange(trained.Figures.Gap!.Value, trained.Figures.Gap.Low!.Value, trained.Figures.Gap.High!.Value);
        Assert.True(trained.Training!.Parameters > 0 && trained.Training.Tokens > 0 && trained.Training.Curve.Count == 2);
        Assert.DoesNotContain(folder.Path, File.ReadAllText(Path.Combine(results, "scoreboard-model.json")));
    }

    [Fact]
    public void What_could_not_be_compared_or_is_not_what_was_run_is_refused()
    {
        Refused("eval.context — expected 32, got 16", folder["small.yaml"], Recipe("short", "window", 4, context: 16), "--run");
        Refused("2 experiments have this name", folder["small.yaml"], folder["small.yaml"], "--run");
        Refused("expected a RECIPE", "--run");
        Done(folder["small.yaml"], "--run");
        Refused("lies there already", folder["small.yaml"]);
        Refused("was run by another recipe — expected 'lr: 0.5', got 'lr: 0.01'", folder["small.yaml"], "--overwrite", "train.lr=0.5");
        Refused("eval.context — expected 32, got 16", folder["small.yaml"], "--add", "eval.context=16");
    }

    [Fact]
    public void What_was_measured_before_a_failure_is_recorded()
    {
        File.WriteAllText(folder["large.yaml"], File.ReadAllText(folder["large.yaml"]).Replace("train: text.txt", "train: later.txt"));
        Assert.NotEqual(ExitCode.Done, Run(folder["small.yaml"], folder["large.yaml"], "--run").ExitCode);
        Assert.Equal(["original", "window 2 + 4, untrained", "small"], new ScoreboardFolder(results).Find("model")!.Rows.Select(r => r.Name));
        File.Copy(folder["text.txt"], folder["later.txt"]);
        Done(folder["large.yaml"], "--run", "--add");
        Assert.Equal(5, new ScoreboardFolder(results).Find("model")!.Rows.Count);
    }

    [Fact]
    public void Rows_are_added_from_run_folders_and_shown_on_the_page()
    {
        Done(folder["small.yaml"], "--run");
        var before = new ScoreboardFolder(results).Find("model")!;
        Done(folder["large.yaml"], "--run", "--name", "other");
        using var json = JsonDocument.Parse(Done(folder["runs/large"], "--add", "--json").Output);
        Assert.Equal(5, json.RootElement.GetProperty("rows").GetArrayLength());
        var after = new ScoreboardFolder(results).Find("model")!;
        foreach (var row in before.Rows)
            Assert.Equal(row.At, after.Rows.Single(r => r.Name == row.Name).At);

        Refused("there is no such file", "--table");
        var page = folder["eval/README.md"];
        File.WriteAllText(page, "no place");
        Refused("there is no place for the tables", "--table");
        File.WriteAllText(page, $"before\n{ScoreboardPage.Begin}\nold\n{ScoreboardPage.End}\nafter\n");
        File.Delete(Path.Combine(results, "scoreboard-model-needles.svg"));
        Done("--table");
        var text = File.ReadAllText(page);
        Assert.StartsWith("before\n", text);
        Assert.EndsWith("\nafter\n", text);
        Assert.Contains("| large |", text);
        Assert.Contains("(results/scoreboard-model-needles.svg)", text);
        Assert.DoesNotContain("old", text);
        Assert.True(File.Exists(Path.Combine(results, "scoreboard-model-needles.svg")));
        Done("--table");
        Assert.Equal(text, File.ReadAllText(page));
    }

    [Fact]
    public void The_committed_page_and_pictures_are_those_of_the_committed_records()
    {
        var eval = Path.Combine(Repository.Root, "eval");
        var boards = new ScoreboardFolder(Path.Combine(eval, "results")).All();
        var page = File.ReadAllText(Path.Combine(eval, "README.md"));
        Assert.Equal(ScoreboardPage.Renew(page, "README.md", boards, "results"), page);
        foreach (var (file, text) in boards.SelectMany(ScoreboardFolder.Pictures))
            Assert.Equal(text, File.ReadAllText(Path.Combine(eval, "results", file)));
    }
}

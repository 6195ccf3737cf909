using System.Text.Json;

namespace Liger.Cli.Tests;

/// <summary>Measuring and generating through the command line.</summary>
public sealed class EvaluationTests : Pipeline
{
    [Fact]
    public void Evaluation_gives_loss_and_perplexity_and_sees_no_difference_between_a_model_and_itself()
    {
        File.WriteAllText(folder["needles.jsonl"], """{"prompt": "the cat sat on", "answer": " a", "distance": 2}""" + "\n");
        var run = Done(
            "eval", model, "--against", model, "--text", folder["text.txt"], "--context", "16", "--needles", folder["needles.jsonl"],
            "--records", folder["records.jsonl"], "--device", "cpu", "--json");
        using var result = JsonDocument.Parse(run.Output);
        var figures = result.RootElement;
        var loss = figures.GetProperty("loss").GetDouble();
        Assert.InRange(loss, 0.1, 50);
        Assert.Equal(Math.Exp(loss), figures.GetProperty("perplexity").GetDouble(), Math.Exp(loss) * 1e-9);
        Assert.Equal(1, figures.GetProperty("agreement").GetDouble());
        Assert.InRange(figures.GetProperty("kl_divergence").GetDouble(), 0, 1e-6);
        Assert.Equal(1, figures.GetProperty("needles").GetProperty("cases").GetInt32());
        Assert.Equal(figures.GetProperty("windows").GetInt32() + 1, File.ReadAllLines(folder["records.jsonl"]).Length);
        Assert.True(figures.GetProperty("tokens").GetInt32() > 100);
        Assert.Contains("perplexity", Done("eval", model, "--text", folder["text.txt"], "--context", "16").Output);
    }

    [Fact]
    public void An_adapter_that_meets_another_mixer_is_mentioned()
    {
        Done(["finetune", recipe]);
        string Note(string checkpoint) => Done(["eval", checkpoint, "--adapter", folder["run/adapter"], "--text", folder["text.txt"], "--context", "16"]).Error;
        Assert.Contains("trained with another mixer", Note(model));
        Assert.DoesNotContain("another mixer", Note(folder["run/converted"]));
    }

    [Fact]
    public void Recall_data_is_made_trained_on_and_evaluated_with()
    {
        string[] over = ["--text", folder["text.txt"], "--tokenizer", model];
        File.WriteAllText(folder["text.txt"], string.Join(". ", Enumerable.Repeat(TinyCheckpoint.Words, 4)));
        Assert.Matches("made +4 of 1,024 tokens", Done(["data", "recall", .. over, "--tokens", "1000", "--context", "256", "--out", folder["w.jsonl.gz"]]).Output);
        Done("finetune", recipe, $"data.train={folder["w.jsonl.gz"]}", "data.context=256", "train.steps=1", "train.accumulation=1", "data.validation_rows=1");

        using var cases = JsonDocument.Parse(Done(["data", "recall", .. over, "--cases", "2", "--distances", "3,40", "--context", "256", "--out", folder["n.jsonl"], "--json"]).Output);
        Assert.Equal((4, 4), (cases.RootElement.GetProperty("count").GetInt32(), cases.RootElement.GetProperty("answers").GetInt32()));
        Assert.Matches("at distance 40 +[0-9.]+ %", Done("eval", model, "--text", folder["text.txt"], "--context", "16", "--needles", folder["n.jsonl"]).Output);

        Done("data", "mqar", "--tokenizer", model, "--kind", "digits", "--pairs", "2,3", "--cases", "2", "--out", folder["m.jsonl"]);
        using var measured = JsonDocument.Parse(Done("eval", model, "--text", folder["text.txt"], "--context", "16", "--mqar", folder["m.jsonl"], "--json").Output);
        Assert.Equal([2, 3], measured.RootElement.GetProperty("mqar").GetProperty("sizes").EnumerateArray().Select(size => size.GetProperty("pairs").GetInt32()));
        Assert.Matches("of 3 pairs +[0-9.]+ %", Done("eval", model, "--text", folder["text.txt"], "--context", "16", "--mqar", folder["m.jsonl"]).Output);
        var again = CliRun.Of("data", "mqar", "--tokenizer", model, "--out", folder["m.jsonl"]);
        Assert.Equal(ExitCode.WrongUse, again.ExitCode);
        Assert.Contains("is there already", again.Error);
    }

    [Fact]
    public void A_saved_state_goes_on_as_if_never_stopped_and_can_be_forked()
    {
        Done("convert", model, "--to", folder["windowed"], "--mixer", "liger-gla", "--window", "4");
        var whole = Done("generate", folder["windowed"], "--prompt", "the quick brown", "--max-tokens", "24").Output.TrimEnd('\n');
        var first = Done("generate", folder["windowed"], "--prompt", "the quick brown", "--max-tokens", "10", "--save-state", folder["a"]).Output.TrimEnd('\n');
        for (var fork = 0; fork < 2; fork++)
            Assert.Equal(whole, first + Done("generate", folder["windowed"], "--load-state", folder["a"], "--max-tokens", "14").Output.TrimEnd('\n'));
        Done("generate", folder["windowed"], "--load-state", folder["a"], "--prompt", " and again", "--max-tokens", "3", "--save-state", folder["b"]);

        void Refused(string expected, params string[] arguments)
        {
            var run = CliRun.Of(arguments);
            Assert.Equal(ExitCode.WrongUse, run.ExitCode);
            Assert.Contains(expected, run.Error);
        }

        Refused("saved by another mixer", "generate", model, "--load-state", folder["a"]);
        Done("convert", TinyCheckpoint.Write(folder["other"], seed: 4), "--to", folder["other-windowed"], "--mixer", "liger-gla", "--window", "4");
        Refused("saved by another model", "generate", folder["other-windowed"], "--load-state", folder["a"]);
        Refused("is no saved state", "generate", model, "--load-state", Path.Combine(model, "model.safetensors"));
        Refused("--prompt: expected a text", "generate", model);
        Refused("no such file", "generate", model, "--load-state", folder["none"]);
    }
}

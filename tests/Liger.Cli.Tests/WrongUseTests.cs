using Liger.Testing;

namespace Liger.Cli.Tests;

public sealed class WrongUseTests
{
    [Theory]
    [InlineData("validte", "unknown command 'validte'. Nearest known: validate.")]
    [InlineData("", "Required command was not provided.")]
    [InlineData("validate", "Required argument 'RECIPE' missing")]
    [InlineData("validate x.yaml --dbug", "unknown option '--dbug'. Nearest known: --debug.")]
    [InlineData("validate x.yaml train.lr", "expected a file that exists or key=value (such as train.lr=3e-4), got 'train.lr'.")]
    [InlineData("validate nowhere.yaml", "nowhere.yaml: there is no such file.")]
    [InlineData("data recall --text t --tokenizer m --out o", "expected exactly one of --windows, --tokens and --cases.")]
    [InlineData("data recall --text t --tokenizer m --out o --windows 0", "--windows: expected a whole number from 1, got '0'.")]
    [InlineData("data recall --text t --tokenizer m --out o --cases 1 --distances 4,x", "--distances: expected whole numbers from 0 to 1048576 with commas between them, got '4,x'.")]
    public void Wrong_use_is_named_and_ends_with_2(string line, string message)
    {
        var run = CliRun.Of(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(ExitCode.WrongUse, run.ExitCode);
        Assert.Contains(message, run.Error);
        Assert.DoesNotContain("   at ", run.Error);
        Assert.Empty(run.Output);
    }

    [Fact]
    public void A_wrong_recipe_names_line_and_nearest_key()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["r.yaml"], "model:\n  path: m\ndata:\n  train: t\n  contxt: 8\ntrain:\n  steps: 1\n");
        var run = CliRun.Of("finetune", folder["r.yaml"], "lora.rnk=4");
        Assert.Equal(ExitCode.WrongUse, run.ExitCode);
        Assert.Contains($"{folder["r.yaml"]}:5: data.contxt: unknown key; nearest known key: data.context", run.Error);
        Assert.Contains("command line: lora.rnk: unknown key; nearest known key: lora.rank", run.Error);
    }

    [Fact]
    public void Debug_shows_where_an_error_comes_from() => Assert.Contains("   at Liger.", CliRun.Of("validate", "nowhere.yaml", "--debug").Error);
}

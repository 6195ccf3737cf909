using Liger.Testing;

namespace Liger.Cli.Tests;

public sealed class BadInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_missing_checkpoint_is_named()
    {
        var run = CliRun.Of("inspect", _folder["none"]);
        Assert.Equal(ExitCode.WrongUse, run.ExitCode);
        Assert.Equal($"liger: {_folder["none"]}: no such folder. Check the path.\n", run.Error);
    }

    [Fact]
    public void A_wrong_architecture_is_named()
    {
        File.WriteAllText(_folder["config.json"], """{"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]}""");
        var run = CliRun.Of("inspect", _folder.Path);
        Assert.Equal(ExitCode.WrongUse, run.ExitCode);
        Assert.Contains("model_type", run.Error);
        Assert.Contains("gpt2", run.Error);
    }
}

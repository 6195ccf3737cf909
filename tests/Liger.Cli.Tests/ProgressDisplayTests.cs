using Liger.Cli.Display;
using Liger.Steps;

namespace Liger.Cli.Tests;

public sealed class ProgressDisplayTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Work_runs_on_the_callers_thread_and_its_result_comes_back(bool live)
    {
        using var error = new StringWriter();
        var terminal = new Terminal(TextWriter.Null, error, live);
        var thread = ProgressDisplay.Run(terminal, observer =>
        {
            observer.Say("begun [1]");
            observer.Report(new StepProgress("training [x]", 1, 2) { Loss = 2.5, TokensPerSecond = 1234, MemoryBytes = 1536, Remaining = TimeSpan.FromSeconds(67) });
            return Environment.CurrentManagedThreadId;
        });
        Assert.Equal(Environment.CurrentManagedThreadId, thread);
        Assert.Contains("liger: begun [1]", error.ToString());
        Assert.Contains("training [x]", error.ToString());
    }

    [Fact]
    public void An_error_comes_through_the_bars_as_it_is() =>
        Assert.Throws<LigerException>(() => ProgressDisplay.Run<int>(
            new Terminal(TextWriter.Null, TextWriter.Null, live: true), _ => throw new LigerException("no", ExitCode.FailedAtWork)));

    [Fact]
    public void Plain_lines_show_loss_speed_memory_and_time_left()
    {
        using var error = new StringWriter();
        var observer = new PlainProgress(new Terminal(TextWriter.Null, error, live: false), TimeProvider.System);
        observer.Report(new StepProgress("training", 1, 2000) { Loss = 2.5, TokensPerSecond = 1234, MemoryBytes = 1536, Remaining = TimeSpan.FromSeconds(67) });
        observer.Report(new StepProgress("training", 2, 2000));
        observer.Report(new StepProgress("training", 2000, 2000));
        Assert.Equal("liger: training 1/2,000 · loss 2.5000 · 1,234 tokens/s · 1.5 KiB · 1 min 07 s left\nliger: training 2,000/2,000\n", error.ToString());
    }
}

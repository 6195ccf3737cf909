using Liger.Steps;

namespace Liger.Cli.Display;

/// <summary>Progress as plain lines, for logs: the first, the last, and one every few seconds between.</summary>
internal sealed class PlainProgress(Terminal terminal, TimeProvider clock) : IStepObserver
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);
    private string _work = "";
    private long _last;

    public void Say(string message) => terminal.Say(message);

    public void Report(StepProgress progress)
    {
        var isNew = progress.Work != _work;
        if (!isNew && progress.Done < progress.Total && clock.GetElapsedTime(_last) < Between) return;
        (_work, _last) = (progress.Work, clock.GetTimestamp());
        var figures = ProgressText.Figures(progress);
        terminal.Say($"{progress.Work} {Quantity.Count(progress.Done)}/{Quantity.Count(progress.Total)}" + (figures.Length == 0 ? "" : " · " + figures));
    }
}

using Liger.Steps;

namespace Liger.Cli.Display;

/// <summary>Progress as plain lines, for logs: the first, the last, and one every few seconds between.</summary>
internal sealed class PlainProgress(Terminal terminal, TimeProvider clock) : IStepObserver
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);
    private string work = "";
    private long done, last;

    public void Say(string message) => terminal.Say(message);

    public void Report(StepProgress progress)
    {
        var isNew = progress.Work != work;
        if (!isNew && (progress.Done == done || (progress.Done < progress.Total && clock.GetElapsedTime(last) < Between))) return;
        (work, done, last) = (progress.Work, progress.Done, clock.GetTimestamp());
        var figures = ProgressText.Figures(progress);
        terminal.Say($"{progress.Work} {ProgressText.Place(progress)}" + (figures.Length == 0 ? "" : " · " + figures));
    }
}

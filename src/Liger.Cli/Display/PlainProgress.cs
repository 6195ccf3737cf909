using Liger.Steps;

namespace Liger.Cli.Display;

/// <summary>Progress as plain lines, for logs: the first, the last, and one every few seconds between.</summary>
internal sealed class PlainProgress(Terminal terminal, TimeProvider clock) : IStepObserver
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);
    private string _work = "";
    private long _done, _last;

    public void Say(string message) => terminal.Say(message);

    public void Report(StepProgress progress)
    {
        var isNew = progress.Work != _work;
        if (!isNew && (progress.Done == _done || (progress.Done < progress.Total && clock.GetElapsedTime(_last) < Between))) return;
        (_work, _done, _last) = (progress.Work, progress.Done, clock.GetTimestamp());
        var figures = ProgressText.Figures(progress);
        terminal.Say($"{progress.Work} {ProgressText.Place(progress)}" + (figures.Length == 0 ? "" : " · " + figures));
    }
}

using Liger.Steps;
using Spectre.Console;

namespace Liger.Cli.Display;

/// <summary>Shows the progress of a step in the way that fits: bars for a person, plain lines for a log.</summary>
internal static class ProgressDisplay
{
    /// <summary>Runs work on this thread and shows how it gets on.</summary>
    internal static T Run<T>(Terminal terminal, Func<IStepObserver, T> work)
    {
        if (!terminal.IsLive) return work(new PlainProgress(terminal, TimeProvider.System));
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Error) });
        return console.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new LiveProgress.FiguresColumn())
            .Start(context => work(new LiveProgress(context, console)));
    }
}

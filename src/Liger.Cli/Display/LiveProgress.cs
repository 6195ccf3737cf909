using Liger.Steps;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Liger.Cli.Display;

/// <summary>Progress as bars that are drawn anew, one for each piece of work.</summary>
internal sealed class LiveProgress(ProgressContext context, IAnsiConsole console) : IStepObserver
{
    private readonly Dictionary<string, ProgressTask> _bars = [];

    public void Say(string message) => console.WriteLine("liger: " + message);

    public void Report(StepProgress progress)
    {
        if (!_bars.TryGetValue(progress.Work, out var bar))
            _bars[progress.Work] = bar = context.AddTask(Markup.Escape(progress.Work));
        bar.MaxValue = progress.Total;
        bar.Value = progress.Done;
        bar.State.Update<StepProgress>(FiguresColumn.Key, _ => progress);
    }

    /// <summary>Shows the figures beside the bar.</summary>
    internal sealed class FiguresColumn : ProgressColumn
    {
        internal const string Key = "figures";

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(ProgressText.Figures(task.State.Get<StepProgress>(Key)));
    }
}

using Liger.Steps;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Liger.Cli.Display;

/// <summary>Progress as bars that are drawn anew, one for each piece of work.</summary>
internal sealed class LiveProgress(ProgressContext context, IAnsiConsole console) : IStepObserver
{
    private readonly Dictionary<string, ProgressTask> bars = [];

    public void Say(string message) => console.WriteLine("liger: " + message);

    public void Report(StepProgress progress)
    {
        if (!bars.TryGetValue(progress.Work, out var bar))
            bars[progress.Work] = bar = context.AddTask(Markup.Escape(progress.Work));
        bar.MaxValue = progress.Total;
        bar.Value = progress.Done;
        bar.State.Update<StepProgress>(FiguresColumn.Key, _ => progress);
    }

    /// <summary>Shows the figures beside the bar.</summary>
    internal sealed class FiguresColumn : ProgressColumn
    {
        internal const string Key = "figures";

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(Words(task.State.Get<StepProgress>(Key)));

        private static string Words(StepProgress progress)
        {
            var figures = ProgressText.Figures(progress);
            return figures.Length == 0 ? ProgressText.Place(progress) : $"{ProgressText.Place(progress)} · {figures}";
        }
    }
}

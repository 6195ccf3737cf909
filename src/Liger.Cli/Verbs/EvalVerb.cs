using System.CommandLine;
using Liger.Cli.Display;
using Liger.Steps;

namespace Liger.Cli.Verbs;

/// <summary>"liger eval": measures a model.</summary>
internal static class EvalVerb
{
    private const int FewestTokens = 2, MostTokens = 1 << 20;

    internal static Command Create(VerbContext context)
    {
        var model = new ModelArguments();
        var against = Options.Maybe("--against", "ORIGINAL", "Another checkpoint to compare with: top-1 agreement and KL divergence.");
        var text = Options.Required("--text", "FILE", "The text whose loss is measured.");
        var needles = Options.Maybe("--needles", "FILE", "Recall cases: one JSON object a line with prompt, answer and distance; gzipped or not.");
        var mqar = Options.Maybe("--mqar", "FILE", "Cases of associative recall, as 'liger data mqar' writes them; training windows of 'liger data recall' count as well.");
        var window = Options.Whole("--context", 1024, FewestTokens, MostTokens, "Tokens a window; the first of each is not scored.");
        var speed = new Option<bool>("--speed") { Description = "Time decoding as well, after a prompt of --context tokens." };
        var records = Options.Maybe("--records", "FILE", "Write one JSON object a line for every window and recall case.");
        var json = Options.Json();
        var command = new Command("eval", "Measures a model on a text: loss, likeness to the original, recall, speed and memory.");
        model.AddTo(command);
        foreach (var option in (Option[])[against, text, needles, mqar, window, speed, records, json]) command.Add(option);
        command.SetAction(parsed =>
        {
            var step = new EvalStep(new EvalOptions
            {
                Model = model.Of(parsed),
                Against = parsed.GetValue(against),
                Text = parsed.GetRequiredValue(text),
                Needles = parsed.GetValue(needles),
                Mqar = parsed.GetValue(mqar),
                Context = parsed.GetValue(window),
                Speed = parsed.GetValue(speed),
                Records = parsed.GetValue(records),
            });
            var result = ProgressDisplay.Run(context.Terminal, observer => step.Run(observer, context.Stop));
            context.Terminal.Output.Write(parsed.GetValue(json)
                ? ResultJson.Write(result, ResultJson.Default.EvalResult) + "\n"
                : EvalTable.Of([new NamedEvaluation(Path.GetFileName(Path.TrimEndingDirectorySeparator(result.Checkpoint)), result)]));
            return (int)ExitCode.Done;
        });
        return command;
    }
}

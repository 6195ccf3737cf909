using System.CommandLine;
using System.Globalization;
using Liger.Cli.Display;
using Liger.Steps;

namespace Liger.Cli.Verbs;

/// <summary>"liger export": merges an adapter into its checkpoint.</summary>
internal static class ExportVerb
{
    internal static Command Create(VerbContext context)
    {
        var model = new ModelArguments();
        var to = Options.Required("--to", "DST", "The folder to write.");
        var tolerance = new Option<double?>("--tolerance")
        {
            Description = "How far any logit of the merged model may be from checkpoint + adapter [default: 0.001 for weights stored in float32, 0.25 for 16 bits, 0.5 where they are computed with in 16 bits too].",
            HelpName = "X",
        };
        var overwrite = Options.Overwrite("the checkpoint");
        var json = Options.Json();
        var command = new Command("export", "Merges an adapter into its checkpoint and proves that the result computes the same.");
        model.AddTo(command, adapterRequired: true);
        foreach (var option in (Option[])[to, tolerance, overwrite, json]) command.Add(option);
        command.SetAction(parsed =>
        {
            var step = new ExportStep(new ExportOptions
            {
                Model = model.Of(parsed),
                To = parsed.GetRequiredValue(to),
                Tolerance = parsed.GetValue(tolerance),
                Overwrite = parsed.GetValue(overwrite),
            });
            var result = ProgressDisplay.Run(context.Terminal, observer => step.Run(observer, context.Stop));
            context.Terminal.Output.Write(parsed.GetValue(json) ? ResultJson.Write(result, ResultJson.Default.ExportResult) + "\n" : Facts(result));
            return (int)ExitCode.Done;
        });
        return command;
    }

    internal static string Facts(ExportResult result) => new FactList()
        .Add("folder", result.Folder)
        .Add("merged", $"{Quantity.Count(result.MergedTensors)} tensors; {Quantity.Count(result.CopiedTensors)} copied as they are")
        .Add("largest logit difference", string.Create(CultureInfo.InvariantCulture, $"{result.LargestLogitDifference:g3} merged vs unmerged (tolerance {result.Tolerance})"))
        .Add("time", Quantity.Time(TimeSpan.FromSeconds(result.Seconds)))
        .ToString();
}

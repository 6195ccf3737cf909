using System.CommandLine;
using Liger.Cli.Display;
using Liger.Steps;

namespace Liger.Cli.Verbs;

/// <summary>"liger data": makes data to train and evaluate recall with.</summary>
internal static class DataVerb
{
    internal static Command Create(VerbContext context) =>
        new("data", "Makes data for recall: windows to train on, cases to evaluate with.")
        {
            RecallDataVerb.Create(context),
            AssociativeDataVerb.Create(context),
        };

    internal static int Run(VerbContext context, Func<IStepObserver, CancellationToken, RecallDataResult> step, bool json)
    {
        var result = ProgressDisplay.Run(context.Terminal, observer => step(observer, context.Stop));
        context.Terminal.Output.Write(json ? ResultJson.Write(result, ResultJson.Default.RecallDataResult) + "\n" : new FactList()
            .Add("file", result.Out)
            .Add("made", $"{Quantity.Count(result.Count)} of {Quantity.Count(result.Tokens)} tokens")
            .Add("answers", $"{Quantity.Count(result.Answers)} of {Quantity.Count(result.AnswerTokens)} tokens")
            .Add("text", result.TextTokens is { } tokens ? $"{Quantity.Count(tokens)} tokens" : null)
            .Add("time", Quantity.Time(TimeSpan.FromSeconds(result.Seconds)))
            .ToString());
        return (int)ExitCode.Done;
    }
}

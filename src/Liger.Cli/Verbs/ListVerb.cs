using System.CommandLine;
using Liger.Cli.Display;
using Liger.Steps;

namespace Liger.Cli.Verbs;

/// <summary>"liger list": says what there is to choose from.</summary>
internal static class ListVerb
{
    internal static Command Create(VerbContext context) => new("list", "Shows what there is to choose from.") { Mixers(context) };

    private static Command Mixers(VerbContext context)
    {
        var json = Options.Json();
        var command = new Command("mixers", "Lists the token mixers with their options and sources.") { json };
        command.SetAction(parsed =>
        {
            var mixers = MixerList.All();
            context.Terminal.Output.Write(parsed.GetValue(json) ? ResultJson.Write(mixers, ResultJson.Default.IReadOnlyListListedMixer) + "\n" : Table(mixers));
            return (int)ExitCode.Done;
        });
        return command;
    }

    private static string Table(IReadOnlyList<ListedMixer> mixers)
    {
        var text = new StringWriter { NewLine = "\n" };
        foreach (var mixer in mixers)
        {
            text.WriteLine($"{mixer.Name}: {mixer.Summary}");
            if (mixer.Formula.Length > 0) text.WriteLine($"  {mixer.Formula}");
            text.WriteLine($"  source: {mixer.Source}");
            text.WriteLine($"  state in Llama-3-8B: {Quantity.Bytes(mixer.StateBytes)}{(mixer.Grows ? " at 8,192 tokens, growing" : "")}{(mixer.Parameters > 0 ? $", {Quantity.Count(mixer.Parameters)} declared parameters" : "")}");
            foreach (var option in mixer.Options)
                text.WriteLine($"  --{option.Name}  {option.Meaning}; {option.Range}, default {option.Default}");
        }
        return text.ToString();
    }
}

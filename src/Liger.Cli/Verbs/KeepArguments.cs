using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Liger.Steps;

namespace Liger.Cli.Verbs;

/// <summary>--keep-layers, --keep-every and --keep-heads: where a conversion keeps softmax attention.</summary>
internal sealed class KeepArguments
{
    private readonly Option<int[]> layers = new("--keep-layers") { Description = "Keep softmax in these layers, counted from 0.", HelpName = "0,5", CustomParser = Numbers };

    private readonly Option<int?> every = new("--keep-every") { Description = "Keep softmax in every Nth layer, the last of each N.", HelpName = "N" };

    private readonly Option<string?> heads = Options.Maybe("--keep-heads", "5.1,4.0", "Keep softmax in these kv heads, LAYER.HEAD, both counted from 0.");

    internal void AddTo(Command command)
    {
        foreach (var option in (Option[])[layers, every, heads]) command.Add(option);
    }

    internal KeptSoftmax Of(ParseResult parsed) => new() { Layers = parsed.GetValue(layers) ?? [], Every = parsed.GetValue(every), Heads = parsed.GetValue(heads)?.Split(',') ?? [] };

    private static int[] Numbers(ArgumentResult result)
    {
        var numbers = new List<int>();
        foreach (var text in result.Tokens.SelectMany(token => token.Value.Split(',')))
        {
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var layer)) numbers.Add(layer);
            else result.AddError($"--keep-layers: expected a layer such as 5, or several with commas between, got '{text}'.");
        }
        return [.. numbers];
    }
}

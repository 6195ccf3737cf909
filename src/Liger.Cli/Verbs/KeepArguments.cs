using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Liger.Steps;

namespace Liger.Cli.Verbs;

/// <summary>--keep-… and --calibrate: where a conversion keeps softmax attention.</summary>
internal sealed class KeepArguments
{
    private readonly Option<int[]> layers = new("--keep-layers") { Description = "Keep softmax in these layers, counted from 0.", HelpName = "0,5", CustomParser = Numbers };

    private readonly Option<int?> every = new("--keep-every") { Description = "Keep softmax in every Nth layer, the last of each N.", HelpName = "N" };

    private readonly Option<string?> heads = Options.Maybe("--keep-heads", "5.1,4.0", "Keep softmax in these kv heads, LAYER.HEAD, both counted from 0.");

    private readonly Option<string> keepAs = Options.Text("--keep-as", "MIXER", new KeptPlaces().As, "What works in the kept places: softmax, or another mixer as \"NAME option=value …\".");

    private readonly Option<int?> bestHeads = new("--keep-best-heads") { Description = "Keep softmax in the K kv heads where that restores most, measured on --calibrate.", HelpName = "K" };

    private readonly Option<int?> bestLayers = new("--keep-best-layers") { Description = "The same with whole layers.", HelpName = "K" };

    private readonly Option<string?> calibrate = Options.Maybe("--calibrate", "FILE", "The text to measure on.");

    private readonly Option<int> calibrateTokens = Options.Whole("--calibrate-tokens", new KeptPlaces().CalibrateTokens, 96, 1 << 24, "Tokens of it that are read.");

    internal void AddTo(Command command)
    {
        foreach (var option in (Option[])[layers, every, heads, keepAs, bestHeads, bestLayers, calibrate, calibrateTokens]) command.Add(option);
    }

    internal KeptPlaces Of(ParseResult parsed) => new()
    {
        Layers = parsed.GetValue(layers) ?? [],
        Every = parsed.GetValue(every),
        Heads = parsed.GetValue(heads)?.Split(',') ?? [],
        As = parsed.GetValue(keepAs)!,
        BestHeads = parsed.GetValue(bestHeads),
        BestLayers = parsed.GetValue(bestLayers),
        Calibrate = parsed.GetValue(calibrate),
        CalibrateTokens = parsed.GetValue(calibrateTokens),
    };

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

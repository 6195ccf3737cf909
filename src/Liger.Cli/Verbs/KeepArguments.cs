using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Liger.Steps;

namespace Liger.Cli.Verbs;

/// <summary>--keep-…, --budget and --calibrate: what a conversion decides place by place.</summary>
internal sealed class KeepArguments
{
    private readonly Option<int[]> layers = new("--keep-layers") { Description = "Keep softmax in these layers, counted from 0.", HelpName = "0,5", CustomParser = result => Numbers(result, "a layer such as 5") };

    private readonly Option<int?> every = new("--keep-every") { Description = "Keep softmax in every Nth layer, the last of each N.", HelpName = "N" };

    private readonly Option<string?> heads = Options.Maybe("--keep-heads", "5.1,4.0", "Keep softmax in these kv heads, LAYER.HEAD, both counted from 0.");

    private readonly Option<string> keepAs = Options.Text("--keep-as", "MIXER", new KeptPlaces().As, "What works in the kept places: softmax, or another mixer as \"NAME option=value …\".");

    private readonly Option<int?> bestHeads = new("--keep-best-heads") { Description = "Keep softmax in the K kv heads where that restores most, measured on --calibrate.", HelpName = "K" };

    private readonly Option<int?> bestLayers = new("--keep-best-layers") { Description = "The same with whole layers.", HelpName = "K" };

    private readonly Option<string?> budget = Options.Maybe(
        "--budget", "BYTES", "Give every other kv head a window of its own, by measuring on --calibrate, so that a sequence of any length keeps no more than this, such as 260KB.");

    private readonly Option<int[]> budgetWindows = new("--budget-windows")
    {
        Description = "Tokens that those windows may hold. [default: 4, 8, 16 and so on to 1024]",
        HelpName = "4,8,16",
        CustomParser = result => Numbers(result, "a number of tokens such as 64"),
    };

    private readonly Option<int[]> budgetKeys = new("--budget-keys")
    {
        Description = "Let kv heads have so many selected keys beside their windows, where that serves best for its bytes.",
        HelpName = "64,128",
        CustomParser = result => Numbers(result, "a number of keys such as 64"),
    };

    private readonly Option<int[]> budgetMemory = new("--budget-memory")
    {
        Description = "Let kv heads have a memory of such a rank behind their windows, likewise.",
        HelpName = "22",
        CustomParser = result => Numbers(result, "a rank such as 22"),
    };

    private readonly Option<string> budgetMemoryAs = Options.Text("--budget-memory-as", "MIXER", new KeptPlaces().BudgetMemoryAs, "That memory with its options, as \"memory memory-degree=3\".");

    private readonly Option<int?> budgetSoftmax = new("--budget-softmax")
    {
        Description = "Let kv heads keep softmax, likewise, counted with what it keeps at so many tokens.",
        HelpName = "TOKENS",
    };

    private readonly Option<int> budgetRounds = Options.Whole("--budget-rounds", new KeptPlaces().BudgetRounds, 1, KeptPlaces.MostRounds, "How often keys, memories or softmax are chosen, each time from the choice before.");

    private readonly Option<string?> calibrate = Options.Maybe("--calibrate", "FILE", "The text to measure on.");

    private readonly Option<int> calibrateTokens = Options.Whole("--calibrate-tokens", new KeptPlaces().CalibrateTokens, 96, 1 << 24, "Tokens of it that are read.");

    private readonly Option<string?> calibrateRecall = Options.Maybe("--calibrate-recall", "FILE", "Measure recall by facts worded as in this JSON file of templates, planted in the text.");

    private readonly Option<string?> calibrateNames = Options.Maybe("--calibrate-names", "FILE", "Names for those facts, one a line.");

    private readonly Option<double?> calibrateLists = new("--calibrate-lists") { Description = "The share of these in which a list is queried. [default: 0.3]", HelpName = "0-1" };

    internal void AddTo(Command command)
    {
        foreach (var option in (Option[])[layers, every, heads, keepAs, bestHeads, bestLayers, budget, budgetWindows, budgetKeys, budgetMemory, budgetMemoryAs, budgetSoftmax, budgetRounds, calibrate, calibrateTokens, calibrateRecall, calibrateNames, calibrateLists]) command.Add(option);
    }

    internal KeptPlaces Of(ParseResult parsed) => new()
    {
        Layers = parsed.GetValue(layers) ?? [],
        Every = parsed.GetValue(every),
        Heads = parsed.GetValue(heads)?.Split(',') ?? [],
        As = parsed.GetValue(keepAs)!,
        BestHeads = parsed.GetValue(bestHeads),
        BestLayers = parsed.GetValue(bestLayers),
        Budget = parsed.GetValue(budget),
        BudgetWindows = parsed.GetValue(budgetWindows) ?? [],
        BudgetKeys = parsed.GetValue(budgetKeys) ?? [],
        BudgetMemory = parsed.GetValue(budgetMemory) ?? [],
        BudgetMemoryAs = parsed.GetValue(budgetMemoryAs)!,
        BudgetSoftmax = parsed.GetValue(budgetSoftmax),
        BudgetRounds = parsed.GetValue(budgetRounds),
        Calibrate = parsed.GetValue(calibrate),
        CalibrateTokens = parsed.GetValue(calibrateTokens),
        CalibrateRecall = parsed.GetValue(calibrateRecall),
        CalibrateNames = parsed.GetValue(calibrateNames),
        CalibrateLists = parsed.GetValue(calibrateLists),
    };

    private static int[] Numbers(ArgumentResult result, string one)
    {
        var numbers = new List<int>();
        foreach (var text in result.Tokens.SelectMany(token => token.Value.Split(',')))
        {
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) numbers.Add(number);
            else result.AddError($"{((OptionResult)result.Parent!).IdentifierToken?.Value}: expected {one}, or several with commas between, got '{text}'.");
        }
        return [.. numbers];
    }
}

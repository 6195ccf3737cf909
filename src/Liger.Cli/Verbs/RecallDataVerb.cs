using System.CommandLine;
using Liger.Steps;

namespace Liger.Cli.Verbs;

/// <summary>"liger data recall": plants facts and lists in a text and asks for them.</summary>
internal static class RecallDataVerb
{
    private const int LeastContext = 64, MostContext = 1 << 20, MostCases = 100_000;
    private const string OnlyAnswers = "answers", All = "all";
    private static readonly int[] Distances = [128, 256, 512, 900];

    internal static Command Create(VerbContext context)
    {
        var text = new Option<string[]>("--text")
        {
            Description = "The text that facts are planted in: plain text or any training data.",
            HelpName = "FILE",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        var tokenizer = Options.Required("--tokenizer", "FOLDER", "The folder of the tokenizer: the checkpoint that the data is for.");
        var to = Options.Required("--out", "FILE", "The file to write, one JSON object a line; gzipped where its name ends in .gz.");
        var windows = new Option<long?>("--windows") { Description = "Make so many windows to train on.", HelpName = "N" };
        var tokens = new Option<long?>("--tokens") { Description = "Make windows of so many tokens together.", HelpName = "N" };
        var cases = new Option<int?>("--cases") { Description = "Make so many cases of each distance, for 'liger eval --needles'.", HelpName = "N" };
        var distances = Options.Wholes("--distances", Distances, 0, MostContext, "Tokens between fact and question, of cases.");
        var window = Options.Whole("--context", 1024, LeastContext, MostContext, "Tokens of a window, or of a case at most.");
        var seed = Options.Whole("--seed", 0, 0, int.MaxValue, "Decides everything that is drawn.");
        var templates = Options.Maybe("--templates", "FILE", "A JSON file of other templates [default: built-in ones].");
        var keys = Options.Maybe("--keys", "FILE", "Names to take for the kind \"name\", one a line [default: built-in and made-up ones].");
        var lists = Options.Number("--lists", 0.3, 0, 1, "The share of windows in which a list is queried.");
        var far = Options.Number("--far", 0, 0, 1, "The share of facts that are said where a window begins and asked for where it ends.");
        var score = Options.Choice("--score", OnlyAnswers, "What training on the windows scores: their answers alone, or all.", OnlyAnswers, All);
        var overwrite = Options.Overwrite("the file");
        var json = Options.Json();
        var command = new Command("recall", "Plants facts and lists in a text and asks for them later: training windows, or evaluation cases by distance.");
        Option[] all = [text, tokenizer, to, windows, tokens, cases, distances, window, seed, templates, keys, lists, far, score, overwrite, json];
        foreach (var option in all) command.Add(option);
        command.SetAction(parsed =>
        {
            var step = new RecallDataStep(new RecallDataOptions
            {
                Text = parsed.GetRequiredValue(text),
                Tokenizer = parsed.GetRequiredValue(tokenizer),
                Out = parsed.GetRequiredValue(to),
                Windows = parsed.GetValue(windows) ?? (parsed.GetValue(tokens) + parsed.GetValue(window) - 1) / parsed.GetValue(window),
                Cases = parsed.GetValue(cases),
                Distances = parsed.GetValue(distances) ?? Distances,
                Context = parsed.GetValue(window),
                Seed = parsed.GetValue(seed),
                Templates = parsed.GetValue(templates),
                Keys = parsed.GetValue(keys),
                Lists = parsed.GetValue(lists),
                Far = parsed.GetValue(far),
                OnlyAnswers = parsed.GetRequiredValue(score) == OnlyAnswers,
                Overwrite = parsed.GetValue(overwrite),
            });
            return DataVerb.Run(context, step.Run, parsed.GetValue(json));
        });
        command.Validators.Add(result =>
        {
            if (new Option[] { windows, tokens, cases }.Count(option => result.GetResult(option) is { Implicit: false }) != 1)
                result.AddError("expected exactly one of --windows, --tokens and --cases.");
        });
        foreach (var option in (Option[])[windows, tokens, cases])
            option.Validators.Add(result =>
            {
                if (!long.TryParse(result.Tokens[^1].Value, out var value) || value < 1 || (option == cases && value > MostCases))
                    result.AddError($"{option.Name}: expected a whole number from 1{(option == cases ? $" to {MostCases}" : "")}, got '{result.Tokens[^1].Value}'.");
            });
        return command;
    }
}

using System.CommandLine;
using Liger.Steps;

namespace Liger.Cli.Verbs;

/// <summary>"liger data mqar": pairs of key and value that are asked for in another order.</summary>
internal static class AssociativeDataVerb
{
    private const int MostPairs = 100_000, MostCases = 100_000;
    private static readonly int[] Sizes = [4, 8, 16, 32, 64];

    internal static Command Create(VerbContext context)
    {
        var tokenizer = Options.Required("--tokenizer", "FOLDER", "The folder of the tokenizer: the checkpoint that the cases are for.");
        var to = Options.Required("--out", "FILE", "The file to write, one JSON object a line; gzipped where its name ends in .gz.");
        var pairs = Options.Wholes("--pairs", Sizes, 1, MostPairs, "Pairs of a case, several sizes.");
        var queries = new Option<int?>("--queries") { Description = "Pairs that are asked for, at most all [default: all].", HelpName = "N" };
        var cases = Options.Whole("--cases", 50, 1, MostCases, "Cases of each size.");
        var kind = Options.Choice(
            "--kind", AssociativeDataOptions.Kinds[0],
            "Keys and values: words (lamp -> moon, ...), single tokens of the vocabulary, or digits (lines of a name and a number).",
            [.. AssociativeDataOptions.Kinds]);
        var words = Options.Maybe("--words", "FILE", "Words to take, one a line [default: built-in ones].");
        var seed = Options.Whole("--seed", 0, 0, int.MaxValue, "Decides everything that is drawn.");
        var overwrite = Options.Overwrite("the file");
        var json = Options.Json();
        var command = new Command("mqar", "Makes cases of multi-query associative recall (Arora et al., 2023), for 'liger eval --mqar'.");
        foreach (var option in (Option[])[tokenizer, to, pairs, queries, cases, kind, words, seed, overwrite, json]) command.Add(option);
        queries.Validators.Add(result =>
        {
            if (!int.TryParse(result.Tokens[^1].Value, out var value) || value < 1)
                result.AddError($"--queries: expected a whole number from 1, got '{result.Tokens[^1].Value}'.");
        });
        command.SetAction(parsed =>
        {
            var step = new AssociativeDataStep(new AssociativeDataOptions
            {
                Tokenizer = parsed.GetRequiredValue(tokenizer),
                Out = parsed.GetRequiredValue(to),
                Pairs = parsed.GetValue(pairs) ?? Sizes,
                Queries = parsed.GetValue(queries),
                Cases = parsed.GetValue(cases),
                Kind = parsed.GetRequiredValue(kind),
                Words = parsed.GetValue(words),
                Seed = parsed.GetValue(seed),
                Overwrite = parsed.GetValue(overwrite),
            });
            return DataVerb.Run(context, step.Run, parsed.GetValue(json));
        });
        return command;
    }
}

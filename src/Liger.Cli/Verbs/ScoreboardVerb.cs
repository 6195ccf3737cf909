using System.CommandLine;
using Liger.Cli.Display;
using Liger.Recipes;
using Liger.Scoreboards;
using Liger.Steps;

namespace Liger.Cli.Verbs;

/// <summary>"liger scoreboard": measures experiments beside the original and beside untrained windows that keep as many bytes.</summary>
internal static class ScoreboardVerb
{
    internal static Command Create(VerbContext context)
    {
        var words = new Argument<string[]>("RECIPE")
        {
            Description = "Recipes, or run folders, in the order of their rows; behind them key=value lays values over all, such as eval.context=512.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var run = new Option<bool>("--run") { Description = "Train those that have not been run to their end; without it they are an error." };
        var untrained = new Option<bool>("--untrained") { Description = "List each recipe's conversion before training as well." };
        var name = Options.Maybe("--name", "NAME", "What the scoreboard is called [default: the original model's folder].");
        var to = Options.Text("--to", "DIR", Path.Combine("eval", "results"), "Where scoreboard-NAME.json and its pictures are recorded.");
        var add = new Option<bool>("--add") { Description = "Keep the rows of the scoreboard that lies there; those of the same name are measured again." };
        var overwrite = Options.Overwrite("the scoreboard");
        var table = new Option<bool>("--table") { Description = $"Make the tables in {ScoreboardFolder.Page} beside DIR, and the pictures, anew from all records in DIR; needs no RECIPE." };
        var dtype = Options.Choice("--dtype", "auto", "The arithmetic of all rows: float32, bfloat16, or auto: float32 on a CPU, as stored on a GPU.", "auto", "float32", "bfloat16");
        var device = Options.Text("--device", "DEVICE", "auto", "auto (a GPU if there is one), cpu, cuda or cuda:N.");
        var json = Options.Json();
        var command = new Command("scoreboard", "Measures recipes beside the original model and beside untrained windows of equal memory.") { words };
        foreach (var option in (Option[])[run, untrained, name, to, add, overwrite, table, dtype, device, json]) command.Add(option);
        command.Validators.Add(result =>
        {
            var given = result.GetValue(words) ?? [];
            foreach (var word in given.Where(word => word.StartsWith('-'))) result.AddError(Misspelt.Option(command, word));
            if (!result.GetValue(table) && !given.Any(RecipeArguments.IsFile)) result.AddError("expected a RECIPE, or --table.");
            if (result.GetValue(add) && result.GetValue(overwrite)) result.AddError("--add keeps what lies there and --overwrite throws it away: give one of them.");
        });
        command.SetAction(parsed =>
        {
            var folder = new ScoreboardFolder(parsed.GetRequiredValue(to));
            var recipes = Load(parsed.GetValue(words) ?? []);
            if (recipes.Count > 0)
            {
                var options = new ScoreboardOptions
                {
                    Recipes = recipes,
                    Name = parsed.GetValue(name) ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(recipes[0].Model.Path)),
                    Train = parsed.GetValue(run),
                    Untrained = parsed.GetValue(untrained),
                    Device = parsed.GetRequiredValue(device),
                    Dtype = parsed.GetRequiredValue(dtype),
                };
                var earlier = parsed.GetValue(overwrite) ? null : folder.Find(options.Name);
                if (earlier is not null && !parsed.GetValue(add))
                    throw new LigerException($"{folder.PathOf(options.Name)}: lies there already. Keep its rows with --add, replace it with --overwrite, or choose another --name.", ExitCode.WrongUse);
                var board = ProgressDisplay.Run(context.Terminal, observer => new ScoreboardStep(options with { Earlier = earlier }).Run(observer, folder.Save, context.Stop));
                context.Terminal.Output.Write(parsed.GetValue(json) ? ResultJson.Write(board, ResultJson.Default.ScoreboardResult) + "\n" : Report(board));
            }
            if (parsed.GetValue(table)) folder.Renew((page, file, boards) => ScoreboardPage.Renew(page, file, boards, folder.Name));
            return (int)ExitCode.Done;
        });
        return command;
    }

    private static string Report(ScoreboardResult board) => $"{ScoreboardTable.Basis(board)}\n\n{string.Join('\n', ScoreboardTable.Of(board))}";

    private static List<Recipe> Load(IReadOnlyList<string> words)
    {
        var overrides = words.Where(word => !RecipeArguments.IsFile(word)).ToList();
        return [.. words.Where(RecipeArguments.IsFile).Select(word => Directory.Exists(word) ? OfRun(word, overrides) : RecipeFile.Load(word, overrides))];
    }

    /// <summary>The recipe of a run folder, under the folder's name.</summary>
    private static Recipe OfRun(string folder, IEnumerable<string> overrides)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        return RecipeFile.Load(Path.Combine(full, RecipeFile.ResolvedName), overrides) with { Name = Path.GetFileName(full), RunFolder = full };
    }
}

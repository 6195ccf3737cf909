using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Liger.Recipes;
using Liger.Steps;

namespace Liger.Scoreboards;

/// <summary>A run folder in which an experiment was trained to its end.</summary>
/// <param name="Converted">The checkpoint that was trained.</param>
/// <param name="Adapter">What training gave.</param>
/// <param name="Training">How it went.</param>
internal sealed partial record FinishedRun(string Converted, string Adapter, RowTraining Training)
{
    /// <summary>Looks at what lies in the run folder, before anything is computed.</summary>
    /// <param name="recipe">The experiment.</param>
    /// <param name="train">Whether it may still have to be trained.</param>
    /// <exception cref="LigerException">There is no finished run, or one by another recipe.</exception>
    internal static void Check(Recipe recipe, bool train)
    {
        if (HasBegun(recipe)) CheckSame(recipe);
        if (!train && !HasEnded(recipe))
            throw new LigerException($"{recipe.RunFolder}: {recipe.Name} has not been run to its end — expected {FinetuneStep.ReportFile} there. Run it with 'liger run' or 'liger finetune', or give --run.", ExitCode.WrongUse);
    }

    /// <summary>Takes what a run left; one that has not ended is run, or resumed, now.</summary>
    /// <param name="recipe">The experiment.</param>
    /// <param name="observer">Told how it gets on.</param>
    /// <param name="stop">Stops training after the current step and saves.</param>
    /// <exception cref="OperationCanceledException">Training was stopped.</exception>
    internal static FinishedRun Of(Recipe recipe, IStepObserver observer, CancellationToken stop)
    {
        if (!HasEnded(recipe))
        {
            observer.Say($"running {recipe.Name}");
            if (new FinetuneStep(new FinetuneOptions { Recipe = recipe, Resume = HasBegun(recipe) }).Run(observer, stop).Cancelled)
                throw new OperationCanceledException(stop);
        }
        var result = JsonSerializer.Deserialize(File.ReadAllBytes(Report(recipe)), ResultJson.Default.FinetuneResult)!;
        var environment = Path.Combine(recipe.RunFolder, RunLayout.EnvironmentFile);
        var text = Portable(RecipeFile.Write(recipe));
        return new FinishedRun(new ConvertedModel(recipe, overwrite: false).Path(observer, stop), Path.Combine(recipe.RunFolder, RunLayout.Adapter), new RowTraining
        {
            Recipe = text,
            RecipeSha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))),
            Parameters = result.TrainedParameters,
            Tokens = result.Tokens,
            Seconds = result.Seconds,
            Commit = File.Exists(environment) ? JsonSerializer.Deserialize(File.ReadAllBytes(environment), ResultJson.Default.RunEnvironment)!.Commit : null,
            Curve = LossCurve.Read(Path.Combine(recipe.RunFolder, RunLayout.MetricsFile), [.. recipe.AllStages.Where(stage => stage.Loss.Kind == LossKind.NextToken).Select(stage => stage.Name)]),
        });
    }

    private static string Report(Recipe recipe) => Path.Combine(recipe.RunFolder, FinetuneStep.ReportFile);

    private static bool HasBegun(Recipe recipe) => File.Exists(Path.Combine(recipe.RunFolder, RecipeFile.ResolvedName));

    private static bool HasEnded(Recipe recipe) => HasBegun(recipe) && File.Exists(Report(recipe));

    /// <summary>What is measured, exported and generated, and where it runs, may have changed since; what was trained may not.</summary>
    private static void CheckSame(Recipe recipe)
    {
        var resolved = Path.Combine(recipe.RunFolder, RecipeFile.ResolvedName);
        string[] before = Trained(RecipeFile.Load(resolved)), now = Trained(recipe);
        var at = before.Zip(now).TakeWhile(pair => pair.First == pair.Second).Count();
        if (at < Math.Max(before.Length, now.Length))
            throw new LigerException($"{resolved}: {recipe.Name} was run by another recipe — expected '{now.ElementAtOrDefault(at)?.Trim()}', got '{before.ElementAtOrDefault(at)?.Trim()}'. Run it again with 'liger finetune --overwrite', or give the run folder in place of the recipe.", ExitCode.WrongUse);
    }

    private static string[] Trained(Recipe recipe) => RecipeFile.Write(recipe with
    {
        Name = "",
        RunFolder = "",
        Train = recipe.Train with { Device = "auto" },
        Eval = null,
        Export = null,
        Generate = null,
    }).Split('\n');

    /// <summary>Paths below the working directory and beside it without what lies above, others by their end alone: a record is read elsewhere.</summary>
    private static string Portable(string recipe)
    {
        var here = Path.TrimEndingDirectorySeparator(Directory.GetCurrentDirectory());
        return AbsolutePath().Replace(recipe, match =>
        {
            var path = Path.GetRelativePath(here, match.Value);
            return path.StartsWith("../../", StringComparison.Ordinal) ? "…/" + string.Join('/', match.Value.Split('/')[^2..]) : path;
        });
    }

    [GeneratedRegex(@"(?<=[ \[""'])/[^,\]""'\n]+")]
    private static partial Regex AbsolutePath();
}

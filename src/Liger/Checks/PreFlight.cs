using Liger.Recipes;

namespace Liger.Checks;

/// <summary>Looks at everything a run needs before it begins, in the order in which the run would need it. Computes nothing.</summary>
public static class PreFlight
{
    private static readonly RecipeCheck[] Checks =
    [
        new ModelCheck(), new MixerCheck(), new TensorCheck(), new TokenizerCheck(), new DataCheck(), new EvalFilesCheck(),
        new RunFolderCheck(), new DiskCheck(), new DeviceCheck(),
    ];

    /// <summary>Makes all checks; one that fails does not keep the others from being made.</summary>
    /// <param name="files">The recipe; further files are laid over it.</param>
    /// <param name="overrides">"section.key=value" each, laid over it.</param>
    public static IReadOnlyList<CheckOutcome> Run(IReadOnlyList<string> files, IEnumerable<string> overrides)
    {
        var (recipe, problems) = RecipeFile.Read(files, overrides);
        const string title = "the recipe reads";
        if (problems.Count > 0)
            return [new CheckOutcome(1, title, CheckStatus.Failed, string.Join("\n", problems), ExitCode.WrongUse)];
        var outcomes = new List<CheckOutcome> { new(1, title, CheckStatus.Ok, string.Join(" + ", files), ExitCode.Done) };
        using var run = new CheckedRun(recipe);
        foreach (var check in Checks) outcomes.Add(Make(check, outcomes.Count + 1, run));
        return outcomes;
    }

    private static CheckOutcome Make(RecipeCheck check, int number, CheckedRun run)
    {
        try
        {
            return new CheckOutcome(number, check.Title, CheckStatus.Ok, check.Run(run), ExitCode.Done);
        }
        catch (CheckedRun.SkippedException skipped)
        {
            return new CheckOutcome(number, check.Title, CheckStatus.Skipped, skipped.Message, ExitCode.Done);
        }
        catch (Exception error)
        {
            var failure = Failure.From(error);
            return new CheckOutcome(number, check.Title, CheckStatus.Failed, failure.Message, failure.ExitCode);
        }
    }
}

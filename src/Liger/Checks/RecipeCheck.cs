namespace Liger.Checks;

/// <summary>One precondition of a run: looked at before anything is computed.</summary>
internal abstract class RecipeCheck
{
    /// <summary>What must hold, in a few words.</summary>
    internal abstract string Title { get; }

    /// <summary>Looks; throws what is wrong as the error that the run itself would end with.</summary>
    /// <returns>What was found, for the reader.</returns>
    internal abstract string Run(CheckedRun run);
}

namespace Liger.Recipes;

/// <summary>One thing that is wrong in a recipe.</summary>
/// <param name="Where">The file and line ("recipe.yaml:12") or "command line".</param>
/// <param name="Key">The dotted key it is about ("train.lr"), empty for the whole recipe.</param>
/// <param name="What">What is wrong and what is expected instead.</param>
public sealed record RecipeProblem(string Where, string Key, string What)
{
    /// <summary>"where: key: what".</summary>
    public override string ToString() => Key.Length == 0 ? $"{Where}: {What}" : $"{Where}: {Key}: {What}";
}

namespace Liger.Recipes;

/// <summary>The section "model": the checkpoint to start from.</summary>
public sealed record ModelSection
{
    /// <summary>Its folder, as Hugging Face lays it out.</summary>
    public string Path { get; init; } = "";

    internal static ModelSection Bind(ISection s, ModelSection m) => new()
    {
        Path = s.Required("path", m.Path, Kind.Place),
    };
}

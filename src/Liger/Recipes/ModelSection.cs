namespace Liger.Recipes;

/// <summary>The section "model": the checkpoint to start from.</summary>
public sealed record ModelSection
{
    /// <summary>Its folder, as Hugging Face lays it out.</summary>
    public string Path { get; init; } = "";

    /// <summary>Whether a conversion links its weight files instead of copying them: no space, but both folders change together. Default false.</summary>
    public bool Link { get; init; }

    internal static ModelSection Bind(ISection s, ModelSection m) => new()
    {
        Path = s.Required("path", m.Path, Kind.Place),
        Link = s.Value("link", m.Link, Kind.Flag),
    };
}

namespace Liger.Checkpoints;

/// <summary>Names that come from a file or a caller and must stay inside their folder.</summary>
internal static class RelativeName
{
    /// <summary>Whether the name is that of a file directly in a folder: no separator, no "..", nothing hidden in it.</summary>
    public static bool IsPlain(string name) =>
        name.Length > 0 && name is not ("." or "..") && name.AsSpan().IndexOfAny('/', '\\', '\0') < 0;
}

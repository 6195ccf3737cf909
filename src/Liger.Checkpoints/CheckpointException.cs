namespace Liger.Checkpoints;

/// <summary>A checkpoint, adapter or file of one cannot be read or written as asked. The message names the file and, where one is concerned, the
/// tensor; says what was expected and what was found; and ends with what to do.</summary>
public sealed class CheckpointException : Exception
{
    /// <summary>Creates the error. The full message is "file: tensor: problem", each part only where there is one.</summary>
    /// <param name="problem">What is wrong, what was expected and got, and what to do.</param>
    /// <param name="file">The file or folder concerned.</param>
    /// <param name="tensorName">The tensor concerned.</param>
    /// <param name="innerException">The error underneath, if any.</param>
    public CheckpointException(string problem, string? file = null, string? tensorName = null, Exception? innerException = null)
        : base(Compose(problem, file, tensorName), innerException)
    {
        File = file;
        TensorName = tensorName;
    }

    /// <summary>The file or folder concerned, or null.</summary>
    public string? File { get; }

    /// <summary>The tensor concerned, or null.</summary>
    public string? TensorName { get; }

    private static string Compose(string problem, string? file, string? tensorName)
    {
        var where = file is null ? "" : $"{Printable(file)}: ";
        if (tensorName is not null)
            where += $"tensor '{Printable(tensorName)}': ";
        return where + problem;
    }

    /// <summary>Text from a file as it may be shown: control characters replaced, cut to a length that fits a message.</summary>
    internal static string Printable(string text)
    {
        const int longest = 300;
        var shown = text.Length > longest ? string.Concat(text.AsSpan(0, longest), "…") : text;
        return string.Create(shown.Length, shown, static (span, from) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = char.IsControl(from[i]) ? '?' : from[i];
        });
    }
}

namespace Liger.Text;

/// <summary>
/// A tokenizer file, a data file or a text that cannot be used. The message says where, what is wrong, what was expected, and what to do.
/// </summary>
public sealed class TextException : Exception
{
    /// <summary>Makes the error.</summary>
    /// <param name="message">Where: what is wrong. What to do.</param>
    /// <param name="inner">The error underneath, where there is one.</param>
    public TextException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    internal static TextException At(string where, string problem) => new($"{where}: {problem}");
}

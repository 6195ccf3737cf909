namespace Liger.Text;

/// <summary>
/// Decodes ids that arrive one by one. Every returned string ends at a character border: the bytes of an unfinished character
/// are held back until it is complete. One instance serves one stream.
/// </summary>
public abstract class StreamingDecoder
{
    /// <summary>The text that the id completes; may be empty.</summary>
    /// <param name="id">The next token id.</param>
    /// <exception cref="TextException">The id is outside the vocabulary.</exception>
    public abstract string Append(int id);

    /// <summary>The end of the text: an unfinished character as U+FFFD, or an empty string. The decoder then starts a new text.</summary>
    public abstract string Flush();
}

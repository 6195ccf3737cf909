using System.Text;

namespace Liger.Text;

/// <summary>Reads whole files of bounded size; every failure is a <see cref="TextException"/> naming the file.</summary>
internal static class BoundedFile
{
    /// <summary>The largest tokenizer file that is read; the largest published ones have some 40 MB.</summary>
    public const long MaximumBytes = 256L << 20;

    public static byte[] Bytes(string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            if (length > MaximumBytes)
                throw new TextException($"{path}: {length} bytes — expected at most {MaximumBytes}. It is no tokenizer file.");
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TextException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    public static string Text(string path)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Bytes(path)).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException e)
        {
            throw new TextException($"{path}: not UTF-8 (byte {e.Index}) — expected a text file in UTF-8.", e);
        }
    }
}

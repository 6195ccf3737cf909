using System.IO.Compression;
using System.Text;

namespace Liger.Text;

/// <summary>Plain text files and what they are made of.</summary>
internal static class PlainText
{
    private const int BufferChars = 1 << 16;

    /// <summary>Opens a file, unpacking it where it is gzipped.</summary>
    public static Stream Open(string file)
    {
        try
        {
            var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            var isGzip = stream.ReadByte() == 0x1F && stream.ReadByte() == 0x8B;
            stream.Position = 0;
            return isGzip ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(file, e);
        }
    }

    public static TextException Unreadable(string file, Exception e) => new($"{file}: cannot be read: {e.Message}", e);

    /// <summary>The documents between NULs, those that are empty or blank left out. What is not UTF-8 becomes U+FFFD.</summary>
    public static IEnumerable<string> Documents(string file)
    {
        using var reader = new StreamReader(Open(file), Encoding.UTF8);
        var document = new StringBuilder();
        var buffer = new char[BufferChars];
        while (true)
        {
            var count = Read(reader, buffer, file);
            for (var start = 0; start < count;)
            {
                var length = buffer.AsSpan(start, count - start).IndexOf('\0');
                document.Append(buffer, start, length < 0 ? count - start : length);
                if (length < 0)
                    break;
                start += length + 1;
                if (Take(document) is { } text)
                    yield return text;
            }
            if (count > 0)
                continue;
            if (Take(document) is { } last)
                yield return last;
            yield break;
        }
    }

    private static string? Take(StringBuilder document)
    {
        var text = document.ToString();
        document.Clear();
        return string.IsNullOrWhiteSpace(text) ? null : text;
    }

    private static int Read(StreamReader reader, char[] buffer, string file)
    {
        try
        {
            return reader.ReadBlock(buffer, 0, buffer.Length);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw Unreadable(file, e);
        }
    }
}

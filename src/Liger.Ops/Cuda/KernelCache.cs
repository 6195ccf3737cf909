using System.Security.Cryptography;
using System.Text;

namespace Liger.Ops.Cuda;

/// <summary>
/// Compiled kernels on the disk, one file a source, options and compiler: $XDG_CACHE_HOME/liger/kernels, or ~/.cache. A file holds the
/// SHA-256 of the machine code and the code; one that does not match itself is compiled again. A cache that cannot be written is done without.
/// </summary>
internal static class KernelCache
{
    private static string Folder =>
        Path.Combine(Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
            ? cache : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "liger", "kernels");

    /// <summary>The code of a key's text, compiled where it is not there yet.</summary>
    internal static byte[] Get(string key, Func<byte[]> compile)
    {
        var path = Path.Combine(Folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))) + ".cubin");
        if (Read(path) is { } cached)
            return cached;
        var code = compile();
        Write(path, code);
        return code;
    }

    private static byte[]? Read(string path)
    {
        try
        {
            if (!File.Exists(path))
                return null;
            var content = File.ReadAllBytes(path);
            if (content.Length <= SHA256.HashSizeInBytes)
                return null;
            var code = content[SHA256.HashSizeInBytes..];
            return SHA256.HashData(code).AsSpan().SequenceEqual(content.AsSpan(0, SHA256.HashSizeInBytes)) ? code : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void Write(string path, byte[] code)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var beside = $"{path}.{Guid.NewGuid():N}.tmp";
            File.WriteAllBytes(beside, [.. SHA256.HashData(code), .. code]);
            File.Move(beside, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The next process compiles again.
        }
    }
}

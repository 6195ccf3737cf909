using System.Security.Cryptography;
using System.Text;
using Liger.Checkpoints;

namespace Liger.Steps;

/// <summary>Tells one model from another without reading all of it: names, types, shapes and some bytes of every tensor.</summary>
internal static class ModelFingerprint
{
    /// <summary>Bytes that are looked at in every tensor: its first, its middle and its last.</summary>
    private const int Sample = 1024;

    /// <summary>SHA-256 of what is looked at, in hexadecimal.</summary>
    /// <param name="folder">The checkpoint.</param>
    /// <param name="adapter">An adapter on it, every byte of which counts; null for none.</param>
    internal static string Of(CheckpointFolder folder, string? adapter)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var name in folder.TensorNames.Order(StringComparer.Ordinal))
        {
            var info = folder.Info(name);
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}\n{info.Dtype}\n{string.Join(',', info.Shape)}\n"));
            var count = (int)Math.Min(Sample, info.Length);
            foreach (var from in new[] { 0, (info.Length - count) / 2, info.Length - count })
                hash.AppendData(folder.Bytes(name, from, count));
        }
        if (adapter is not null)
            foreach (var file in Directory.EnumerateFiles(adapter, "*.safetensors").Order(StringComparer.Ordinal))
                hash.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

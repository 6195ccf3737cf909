using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Liger.Testing;

namespace Liger.Text.Tests;

/// <summary>What the reference libraries gave for every text of strings.json.gz; how these files were made is said in make_goldens.py and its neighbours.</summary>
internal static class Golden
{
    private const int DigestBytes = 3;
    private static readonly Lazy<IReadOnlyList<(string Text, byte[]? Bytes)>> AllTexts = new(ReadTexts);
    private static readonly Lazy<JsonObject> Goldens = new(() => Json("goldens.json.gz").AsObject());
    private static readonly Lazy<JsonObject> AllEdits = new(() => Json("edits.json.gz").AsObject());

    /// <summary>The texts; those that are not UTF-8 with their bytes.</summary>
    public static IReadOnlyList<(string Text, byte[]? Bytes)> Texts => AllTexts.Value;

    /// <summary>Tokenizers made of another one by replacing parts of its tokenizer.json.</summary>
    public static JsonObject Edits => AllEdits.Value;

    /// <summary>Compares ids and decoded texts of every text with the reference; throws with the first few differences.</summary>
    public static void Check(string name, Tokenizer tokenizer)
    {
        var golden = Goldens.Value[name] ?? throw new InvalidOperationException($"no golden '{name}'");
        var failures = new List<string>();
        var special = Digests(golden, "special_ids");
        var (ids, decoded, skipped) = (Digests(golden, "ids")!, Digests(golden, "decoded"), Digests(golden, "decoded_skip"));
        Assert.Equal(Texts.Count * DigestBytes, ids.Length);
        for (var i = 0; i < Texts.Count; i++)
        {
            var (text, bytes) = Texts[i];
            var ours = bytes is null ? tokenizer.EncodeToIds(text, addSpecialTokens: false) : tokenizer.EncodeToIds(bytes, addSpecialTokens: false);
            Compare("ids", ids, i, Bytes(ours), () => string.Join(' ', ours));
            Compare("decoded", decoded, i, Encoding.UTF8.GetBytes(tokenizer.Decode(ours)), () => tokenizer.Decode(ours));
            Compare("decoded without special tokens", skipped, i, Encoding.UTF8.GetBytes(tokenizer.Decode(ours, true)), () => tokenizer.Decode(ours, true));
            if (special is not null && i < special.Length / DigestBytes)
                Compare("ids with special tokens", special, i, Bytes(tokenizer.EncodeToIds(text)), () => string.Join(' ', tokenizer.EncodeToIds(text)));
        }
        Assert.True(failures.Count == 0, $"{name}: {failures.Count} differences from {golden["library"]}:\n{string.Join('\n', failures.Take(5))}");

        void Compare(string what, byte[]? expected, int index, byte[] actual, Func<string> shown)
        {
            if (expected is not null && !expected.AsSpan(index * DigestBytes, DigestBytes).SequenceEqual(SHA256.HashData(actual).AsSpan(0, DigestBytes)))
                failures.Add($"  text {index} {System.Text.Json.Nodes.JsonValue.Create(Texts[index].Text).ToJsonString()}: {what}: {shown()}");
        }
    }

    /// <summary>A folder with the small model of a name, unpacked.</summary>
    public static TemporaryFolder Model(string name)
    {
        var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["tokenizer.model"], Unpacked(name + ".model.gz"));
        return folder;
    }

    private static byte[] Bytes(IReadOnlyList<int> ids)
    {
        var bytes = new byte[ids.Count * 4];
        for (var i = 0; i < ids.Count; i++)
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * 4), ids[i]);
        return bytes;
    }

    private static byte[]? Digests(JsonNode golden, string name) => golden[name] is { } node ? Convert.FromBase64String((string)node!) : null;

    private static List<(string Text, byte[]? Bytes)> ReadTexts()
    {
        var texts = new List<(string, byte[]?)>();
        foreach (var entry in Json("strings.json.gz").AsArray())
        {
            var bytes = entry is JsonObject ? Convert.FromBase64String((string)entry["bytes"]!) : null;
            texts.Add((bytes is null ? (string)entry! : Encoding.UTF8.GetString(bytes), bytes));
        }
        return texts;
    }

    private static JsonNode Json(string name) => JsonNode.Parse(Unpacked(name))!;

    private static byte[] Unpacked(string name)
    {
        using var file = new GZipStream(File.OpenRead(Path.Combine(Repository.Root, "tests", "Liger.Text.Tests", "Goldens", name)), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        file.CopyTo(bytes);
        return bytes.ToArray();
    }
}

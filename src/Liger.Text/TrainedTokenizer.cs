using System.Text.Encodings.Web;
using System.Text.Json;

namespace Liger.Text;

/// <summary>A trained vocabulary, to be written as a tokenizer folder that Hugging Face's libraries read.</summary>
public sealed class TrainedTokenizer
{
    private const string Json = "tokenizer.json", Config = "tokenizer_config.json";

    private readonly IReadOnlyList<string> specialTokens;

    internal TrainedTokenizer(IReadOnlyList<string> vocabulary, IReadOnlyList<(string Left, string Right)> merges, IReadOnlyList<string> specialTokens)
    {
        Vocabulary = vocabulary;
        Merges = merges;
        this.specialTokens = specialTokens;
    }

    /// <summary>The tokens by id; bytes are spelled in GPT-2's alphabet.</summary>
    public IReadOnlyList<string> Vocabulary { get; }

    /// <summary>The merges, first learnt first.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges { get; }

    /// <summary>Writes <c>tokenizer.json</c> and <c>tokenizer_config.json</c> into a folder, which is made where it is missing.</summary>
    /// <param name="folder">The folder.</param>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        using (var stream = File.Create(Path.Combine(folder, Json)))
            WriteTokenizer(stream);
        using (var stream = File.Create(Path.Combine(folder, Config)))
            WriteConfig(stream);
    }

    /// <summary>Writes tokenizer.json: Llama 3's split, byte level, a template that begins every text with the first special token.</summary>
    /// <param name="stream">Where to write.</param>
    public void WriteTokenizer(Stream stream)
    {
        using var json = Writer(stream);
        json.WriteStartObject();
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        for (var id = 0; id < specialTokens.Count; id++)
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("content", specialTokens[id]);
            foreach (var flag in new[] { "single_word", "lstrip", "rstrip", "normalized" })
                json.WriteBoolean(flag, false);
            json.WriteBoolean("special", true);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteNull("normalizer");
        WriteParts(json);
        WriteModel(json);
        json.WriteEndObject();
    }

    private static Utf8JsonWriter Writer(Stream stream) => new(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private void WriteParts(Utf8JsonWriter json)
    {
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        json.WriteStartObject();
        json.WriteString("type", "Split");
        json.WriteStartObject("pattern");
        json.WriteString("Regex", WordSplitter.Llama3Pattern);
        json.WriteEndObject();
        json.WriteString("behavior", "Isolated");
        json.WriteBoolean("invert", false);
        json.WriteEndObject();
        json.WriteStartObject();
        WriteByteLevel(json);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        if (specialTokens.Count == 0)
            json.WriteNull("post_processor");
        else
            WriteTemplate(json, specialTokens[0]);
        json.WriteStartObject("decoder");
        WriteByteLevel(json);
        json.WriteEndObject();
    }

    private static void WriteByteLevel(Utf8JsonWriter json)
    {
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", false);
    }

    private static void WriteTemplate(Utf8JsonWriter json, string begin)
    {
        json.WriteStartObject("post_processor");
        json.WriteString("type", "TemplateProcessing");
        foreach (var (name, sequences) in new[] { ("single", "A"), ("pair", "AB") })
        {
            json.WriteStartArray(name);
            for (var i = 0; i < sequences.Length; i++)
            {
                WriteTemplateItem(json, "SpecialToken", begin, i);
                WriteTemplateItem(json, "Sequence", sequences[i].ToString(), i);
            }
            json.WriteEndArray();
        }
        json.WriteStartObject("special_tokens");
        json.WriteStartObject(begin);
        json.WriteString("id", begin);
        json.WriteStartArray("ids");
        json.WriteNumberValue(0);
        json.WriteEndArray();
        json.WriteStartArray("tokens");
        json.WriteStringValue(begin);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteTemplateItem(Utf8JsonWriter json, string kind, string id, int type)
    {
        json.WriteStartObject();
        json.WriteStartObject(kind);
        json.WriteString("id", id);
        json.WriteNumber("type_id", type);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteModel(Utf8JsonWriter json)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        foreach (var name in new[] { "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix" })
            json.WriteNull(name);
        foreach (var name in new[] { "fuse_unk", "byte_fallback", "ignore_merges" })
            json.WriteBoolean(name, false);
        json.WriteStartObject("vocab");
        for (var id = 0; id < Vocabulary.Count; id++)
            json.WriteNumber(Vocabulary[id], id);
        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (var (left, right) in Merges)
            json.WriteStringValue($"{left} {right}");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteConfig(Stream stream)
    {
        using var json = Writer(stream);
        json.WriteStartObject();
        json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
        if (specialTokens.Count > 0)
            json.WriteString("bos_token", specialTokens[0]);
        if (specialTokens.Count > 1)
            json.WriteString("eos_token", specialTokens[1]);
        json.WriteBoolean("clean_up_tokenization_spaces", false);
        json.WriteEndObject();
    }
}

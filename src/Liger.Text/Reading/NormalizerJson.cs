using System.Text;

namespace Liger.Text;

/// <summary>Reads the <c>normalizer</c> of tokenizer.json.</summary>
internal static class NormalizerJson
{
    private const string Known = "NFC, NFD, NFKC, NFKD, Prepend, Replace, Strip, Lowercase or Sequence";

    public static Normalizer? Read(JsonValue value)
    {
        if (!value.Exists)
            return null;
        var type = value["type"].Text();
        return type switch
        {
            "Sequence" => new NormalizerSequence([.. value["normalizers"].Items().Select(n => Read(n)!)]),
            "NFC" => new UnicodeNormalizer(NormalizationForm.FormC),
            "NFD" => new UnicodeNormalizer(NormalizationForm.FormD),
            "NFKC" => new UnicodeNormalizer(NormalizationForm.FormKC),
            "NFKD" => new UnicodeNormalizer(NormalizationForm.FormKD),
            "Prepend" => new PrependNormalizer(value["prepend"].Text()),
            "Replace" => Replace(value),
            "Strip" => new StripNormalizer(value["strip_left"].Flag(true), value["strip_right"].Flag(true)),
            "Lowercase" => new LowercaseNormalizer(),
            _ => throw value.Unsupported($"normalizer '{type}'", Known),
        };
    }

    private static Normalizer Replace(JsonValue value)
    {
        var content = value["content"].Text();
        if (value["pattern"]["String"].TextOrNull() is not { } text)
            return new RegexReplaceNormalizer(PreTokenizerJson.Regex(value["pattern"]["Regex"]), content);
        return text.Length > 0 ? new ReplaceNormalizer(text, content) : throw value["pattern"].Error("expected a string to look for, got an empty one.");
    }
}

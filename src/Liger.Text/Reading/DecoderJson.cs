namespace Liger.Text;

/// <summary>Reads the <c>decoder</c> of tokenizer.json.</summary>
internal static class DecoderJson
{
    private const string Known = "ByteLevel, Replace, ByteFallback, Fuse, Strip, Metaspace or a Sequence of those";

    public static TokenDecoding Read(JsonValue value)
    {
        if (!value.Exists)
            return new TokenDecoding { JoinWithSpaces = true };
        var steps = new List<Func<string, bool, string>>();
        var decoding = new TokenDecoding { Steps = steps };
        var fused = false;
        foreach (var part in value["type"].Text() == "Sequence" ? value["decoders"].Items() : [value])
            decoding = Add(part, decoding, steps, ref fused);
        if (decoding.ByteLevel && (steps.Count > 0 || decoding.ByteFallback))
            throw value.Unsupported("ByteLevel together with other decoders", Known);
        return decoding;
    }

    private static TokenDecoding Add(JsonValue part, TokenDecoding decoding, List<Func<string, bool, string>> steps, ref bool fused)
    {
        var type = part["type"].Text();
        if (fused && type is not ("Strip" or "Fuse"))
            throw part.Unsupported($"decoder '{type}' after Fuse", "only Strip there");
        switch (type)
        {
            case "ByteLevel":
                return decoding with { ByteLevel = true };
            case "ByteFallback":
                return decoding with { ByteFallback = true };
            case "Fuse":
                fused = true;
                return decoding;
            case "Replace":
                var from = part["pattern"]["String"].TextOrNull() ?? throw part["pattern"].Unsupported("a pattern other than a String", "a String");
                var to = part["content"].Text();
                if (from.Length == 0)
                    throw part["pattern"].Error("expected a string to look for, got an empty one.");
                steps.Add((token, _) => token.Replace(from, to, StringComparison.Ordinal));
                return decoding;
            case "Metaspace":
                var mark = PreTokenizerJson.Replacement(part);
                var drops = PreTokenizerJson.Scheme(part) != PrependScheme.Never;
                steps.Add((token, first) => first && drops ? token.Replace(mark.ToString(), "", StringComparison.Ordinal) : token.Replace(mark, ' '));
                return decoding;
            case "Strip":
                return Strip(part, decoding, steps, fused);
            default:
                throw part.Unsupported($"decoder '{type}'", Known);
        }
    }

    private static TokenDecoding Strip(JsonValue part, TokenDecoding decoding, List<Func<string, bool, string>> steps, bool fused)
    {
        var content = part["content"].Text();
        if (content.Length != 1)
            throw part["content"].Error("expected one character.");
        var start = part["start"].Integer(0, int.MaxValue);
        var stop = part["stop"].Integer(0, int.MaxValue);
        if (fused)
            return stop == 0 ? decoding with { StripStart = start, StripCharacter = content[0] } : throw part["stop"].Unsupported("stripping the end of the whole text", "0");
        steps.Add((token, _) =>
        {
            var first = 0;
            while (first < start && first < token.Length && token[first] == content[0])
                first++;
            var last = token.Length;
            while (token.Length - last < stop && last > first && token[last - 1] == content[0])
                last--;
            return token[first..last];
        });
        return decoding;
    }
}

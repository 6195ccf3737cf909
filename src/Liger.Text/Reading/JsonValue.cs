using System.Text.Json;

namespace Liger.Text;

/// <summary>A value in a JSON file together with where it stands, so that every complaint names file and place.</summary>
internal readonly record struct JsonValue(string File, string Path, JsonElement Element)
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64 };

    /// <summary>Parses a file. The document lives as long as its values.</summary>
    public static JsonValue Read(string path)
    {
        try
        {
            var bytes = BoundedFile.Bytes(path).AsMemory();
            return new JsonValue(path, "", JsonDocument.Parse(bytes.Span.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes, Options).RootElement);
        }
        catch (JsonException e)
        {
            throw new TextException($"{path}: no JSON: {e.Message}", e);
        }
    }

    /// <summary>Parses a file that is part of this assembly.</summary>
    public static JsonValue Resource(string name)
    {
        using var stream = typeof(JsonValue).Assembly.GetManifestResourceStream(name)!;
        return new JsonValue(name, "", JsonDocument.Parse(stream, Options).RootElement);
    }

    /// <summary>Whether there is something here: neither missing nor null.</summary>
    public bool Exists => Element.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    /// <summary>A member; one that does not exist where there is none.</summary>
    public JsonValue this[string name]
    {
        get
        {
            if (!Exists)
                return new JsonValue(File, $"{Path}.{name}", default);
            Expect(JsonValueKind.Object, "an object");
            return new JsonValue(File, Path.Length == 0 ? name : $"{Path}.{name}", Element.TryGetProperty(name, out var value) ? value : default);
        }
    }

    public IEnumerable<JsonValue> Items()
    {
        if (!Exists)
            yield break;
        Expect(JsonValueKind.Array, "an array");
        var index = 0;
        foreach (var item in Element.EnumerateArray())
            yield return new JsonValue(File, $"{Path}[{index++}]", item);
    }

    public IEnumerable<(string Name, JsonValue Value)> Members()
    {
        if (!Exists)
            yield break;
        Expect(JsonValueKind.Object, "an object");
        foreach (var member in Element.EnumerateObject())
            yield return (member.Name, new JsonValue(File, $"{Path}.{member.Name}", member.Value));
    }

    public string Text()
    {
        Expect(JsonValueKind.String, "a string");
        try
        {
            return Element.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new TextException($"{File}: {Path}: a string that is not valid UTF-16. Repair the file.", e);
        }
    }

    public string? TextOrNull() => Exists ? Text() : null;

    public int Integer(int minimum, int maximum)
    {
        if (Element.ValueKind != JsonValueKind.Number || !Element.TryGetInt32(out var value) || value < minimum || value > maximum)
            throw Error($"expected a whole number from {minimum} to {maximum}, got {Shown()}.");
        return value;
    }

    public double Number()
    {
        Expect(JsonValueKind.Number, "a number");
        return Element.GetDouble();
    }

    public bool Flag(bool absent) => Element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Undefined or JsonValueKind.Null => absent,
        _ => throw Error($"expected true or false, got {Shown()}."),
    };

    /// <summary>The error for something known by name that is not supported.</summary>
    public TextException Unsupported(string component, string known) => Error($"{component} is not supported — expected {known}. Use a checkpoint with another tokenizer.");

    public TextException Error(string problem) => new($"{File}: {Path}: {problem}");

    private void Expect(JsonValueKind kind, string what)
    {
        if (Element.ValueKind != kind)
            throw Error($"expected {what}, got {Shown()}.");
    }

    private string Shown()
    {
        if (Element.ValueKind == JsonValueKind.Undefined)
            return "nothing";
        var raw = Element.GetRawText();
        return raw.Length <= 60 ? raw : raw[..60] + "…";
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;

namespace Liger.Checkpoints;

/// <summary>Takes typed fields out of a JSON object that came from a file; a wrong type or a value outside its range is an error naming the field.
/// A field that is null counts as absent.</summary>
/// <param name="content">The object, as parsed from text.</param>
/// <param name="file">The file it came from, for messages.</param>
/// <param name="path">What stands before each field's name in messages, such as "rope_scaling.".</param>
internal sealed class JsonFields(JsonObject content, string file, string path = "")
{
    /// <summary>The file, for messages.</summary>
    public string File => file;

    /// <summary>The names in the object.</summary>
    public IEnumerable<string> Names => content.Select(pair => pair.Key);

    /// <summary>Whether the object names the field at all, null or not.</summary>
    public bool IsNamed(string name) => content.ContainsKey(name);

    /// <summary>Whether the field is there and not null.</summary>
    public bool Has(string name) => content[name] is not null;

    /// <summary>The field as it stands, or null.</summary>
    public JsonNode? Node(string name) => content[name];

    /// <summary>A whole number that must be there.</summary>
    public int Int(string name, int least, int most) => IntOrNull(name, least, most) ?? throw Missing(name, "a whole number");

    /// <summary>A whole number, or null where the field is absent.</summary>
    public int? IntOrNull(string name, int least, int most)
    {
        if (content[name] is not { } node)
            return null;
        if (node is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue<long>(out var number) && number >= least && number <= most)
            return (int)number;
        throw Wrong(name, $"a whole number from {least} to {most}", node);
    }

    /// <summary>A finite number, or null where the field is absent.</summary>
    public double? NumberOrNull(string name, double least, double most)
    {
        if (content[name] is not { } node)
            return null;
        if (node is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue<double>(out var number) && number >= least && number <= most)
            return number;
        throw Wrong(name, FormattableString.Invariant($"a number from {least} to {most}"), node);
    }

    /// <summary>A number that must be there.</summary>
    public double Number(string name, double least, double most) => NumberOrNull(name, least, most) ?? throw Missing(name, "a number");

    /// <summary>True or false, or null where the field is absent.</summary>
    public bool? BoolOrNull(string name) => content[name] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() is JsonValueKind.True => true,
        JsonValue value when value.GetValueKind() is JsonValueKind.False => false,
        var node => throw Wrong(name, "true or false", node),
    };

    /// <summary>A text, or null where the field is absent.</summary>
    public string? TextOrNull(string name) => content[name] is not { } node ? null : Text(node) ?? throw Wrong(name, "a text", node);

    /// <summary>A list of texts, or null where the field is absent.</summary>
    public IReadOnlyList<string>? TextsOrNull(string name)
    {
        if (content[name] is not { } node)
            return null;
        if (node is not JsonArray array)
            throw Wrong(name, "a list of texts", node);
        return [.. array.Select(item => item is null ? throw Wrong(name, "a list of texts", array) : Text(item) ?? throw Wrong(name, "a list of texts", item))];
    }

    /// <summary>A whole number or a list of them; empty where the field is absent.</summary>
    public IReadOnlyList<int> Ints(string name, int least, int most)
    {
        if (content[name] is not JsonArray array)
            return IntOrNull(name, least, most) is { } one ? [one] : [];
        var single = new JsonObject();
        var fields = new JsonFields(single, file, path);
        var numbers = new List<int>(array.Count);
        foreach (var item in array)
        {
            single[name] = item?.DeepClone();
            numbers.Add(fields.IntOrNull(name, least, most) ?? throw Wrong(name, "a list of whole numbers", array));
        }
        return numbers;
    }

    /// <summary>An object's fields, or null where the field is absent.</summary>
    public JsonFields? ObjectOrNull(string name) => content[name] switch
    {
        null => null,
        JsonObject value => new JsonFields(value, file, $"{path}{name}."),
        var node => throw Wrong(name, "an object", node),
    };

    /// <summary>The error for a field that must be there.</summary>
    public CheckpointException Missing(string name, string expected) =>
        new($"field '{path}{name}' is missing — expected {expected}. Hugging Face documents no default that fits every model: add the field.", file);

    /// <summary>The error for a field whose value cannot be used.</summary>
    public CheckpointException Wrong(string name, string expected, JsonNode? got) =>
        new($"field '{path}{name}' cannot be used — expected {expected}, got {CheckpointException.Printable(got?.ToJsonString() ?? "null")}.", file);

    private static string? Text(JsonNode node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.String && value.TryGetValue<string>(out var text) ? text : null;
}

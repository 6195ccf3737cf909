using System.Text.Json;

namespace Liger.Scoreboards;

/// <summary>Reads how the loss fell out of metrics.jsonl.</summary>
internal static class LossCurve
{
    private const string Loss = "validation_loss", NextToken = "validation_next_token", LayerErrors = "validation_layer_";

    /// <summary>
    /// The next-token loss of every validation, by the tokens of all steps before it. A stage that measures something else in its place, the
    /// layers' errors, has none. Lines that are neither, or torn, are passed over.
    /// </summary>
    /// <param name="path">metrics.jsonl; where it is missing there is no curve.</param>
    internal static IReadOnlyList<LossAt> Read(string path)
    {
        var curve = new List<LossAt>();
        if (!File.Exists(path)) return curve;
        // Every stage counts its own tokens.
        var (stage, before, tokens) = ("", 0L, 0L);
        foreach (var line in File.ReadLines(path))
        {
            if (Parse(line) is not { } document) continue;
            using (document)
            {
                var entry = document.RootElement;
                if (entry.TryGetProperty("stage", out var name) && name.GetString() != stage)
                    (stage, before, tokens) = (name.GetString()!, before + tokens, 0);
                if (entry.TryGetProperty("tokens", out var seen)) tokens = seen.GetInt64();
                if (LossOf(entry) is { } loss) curve.Add(new LossAt(before + tokens, loss));
            }
        }
        return curve;
    }

    private static double? LossOf(JsonElement entry) =>
        entry.TryGetProperty(NextToken, out var nextToken) ? Number(nextToken)
        : entry.EnumerateObject().Any(p => p.Name.StartsWith(LayerErrors, StringComparison.Ordinal)) ? null
        : entry.TryGetProperty(Loss, out var loss) ? Number(loss) : null;

    // What was not finite is null.
    private static double? Number(JsonElement value) => value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    private static JsonDocument? Parse(string line)
    {
        try
        {
            var entry = JsonDocument.Parse(line);
            if (entry.RootElement.ValueKind == JsonValueKind.Object) return entry;
            entry.Dispose();
            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

using System.Text.Json;

namespace Liger.Scoreboards;

/// <summary>Reads how the loss fell out of metrics.jsonl.</summary>
internal static class LossCurve
{
    private const string Loss = "validation_loss", NextToken = "validation_next_token";

    /// <summary>
    /// The next-token loss of every validation, by the tokens of all steps before it. A stage that measures something else has none. Lines that are
    /// neither, or torn, are passed over.
    /// </summary>
    /// <param name="path">metrics.jsonl; where it is missing there is no curve.</param>
    /// <param name="nextToken">The stages whose own loss is the next-token loss; a run without stages is the stage "".</param>
    internal static IReadOnlyList<LossAt> Read(string path, IReadOnlyCollection<string> nextToken)
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
                var own = nextToken.Contains(stage) ? Number(entry, Loss) : null;
                if ((Number(entry, NextToken) ?? own) is { } loss) curve.Add(new LossAt(before + tokens, loss));
            }
        }
        return curve;
    }

    // What was not finite is null.
    private static double? Number(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

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

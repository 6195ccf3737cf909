using System.Text.Json;

namespace Liger.Scoreboards;

/// <summary>Reads how the loss fell out of metrics.jsonl.</summary>
internal static class LossCurve
{
    /// <summary>
    /// Every validation, by the tokens that the steps before it had gone through. Lines that are neither, or torn, are passed over.
    /// </summary>
    /// <param name="path">metrics.jsonl; where it is missing there is no curve.</param>
    internal static IReadOnlyList<LossAt> Read(string path)
    {
        var curve = new List<LossAt>();
        if (!File.Exists(path)) return curve;
        var tokens = 0L;
        foreach (var line in File.ReadLines(path))
        {
            if (Parse(line) is not { } entry) continue;
            using (entry)
            {
                if (entry.RootElement.TryGetProperty("tokens", out var seen)) tokens = seen.GetInt64();
                if (entry.RootElement.TryGetProperty("validation_loss", out var loss)) curve.Add(new LossAt(tokens, loss.GetDouble()));
            }
        }
        return curve;
    }

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

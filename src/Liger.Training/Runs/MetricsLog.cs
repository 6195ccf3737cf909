using System.Text.Json;

namespace Liger.Training;

/// <summary>
/// metrics.jsonl: one JSON object a line, one line an optimizer step
/// (<c>step, loss, lr, grad_norm, tokens, scored_tokens, tokens_per_second, memory_bytes, seconds</c>) and one a validation
/// (<c>step, validation_loss, validation_tokens, best, seconds</c> and the objective's signs, such as <c>validation_kl</c>). Every line is handed to the operating system at once.
/// </summary>
internal sealed class MetricsLog : IDisposable
{
    private readonly FileStream file;
    private readonly Utf8JsonWriter json;

    private MetricsLog(FileStream file)
    {
        this.file = file;
        json = new Utf8JsonWriter(file);
    }

    /// <summary>Opens the log of a new run.</summary>
    public static MetricsLog Create(string path) => new(new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read));

    /// <summary>Opens the log of a run to be resumed and removes what lies behind the saved state, torn lines included.</summary>
    /// <param name="path">The log.</param>
    /// <param name="step">The last step that the saved state has seen.</param>
    /// <param name="validatedStep">The last validation that the saved state has seen.</param>
    public static MetricsLog Resume(string path, long step, long validatedStep)
    {
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        var kept = 0;
        while (kept < bytes.Length && Array.IndexOf(bytes, (byte)'\n', kept) is >= 0 and var end && Belongs(bytes.AsMemory(kept, end - kept), step, validatedStep))
            kept = end + 1;
        file.SetLength(kept);
        file.Seek(0, SeekOrigin.End);
        return new MetricsLog(file);
    }

    public void Step(TrainerState state, TrainingProgress now)
    {
        json.WriteStartObject();
        json.WriteNumber("step", now.Step);
        json.WriteNumber("loss", now.Loss);
        json.WriteNumber("lr", now.LearningRate);
        json.WriteNumber("grad_norm", now.GradientNorm);
        json.WriteNumber("tokens", state.Tokens);
        json.WriteNumber("scored_tokens", state.ScoredTokens);
        json.WriteNumber("tokens_per_second", Math.Round(now.TokensPerSecond, 1));
        json.WriteNumber("memory_bytes", now.MemoryBytes);
        json.WriteNumber("seconds", Math.Round(state.Seconds, 3));
        EndLine();
    }

    public void Validation(TrainerState state, double loss, long tokens, bool best, IEnumerable<(string Name, double Value)> signs)
    {
        json.WriteStartObject();
        json.WriteNumber("step", state.Step);
        json.WriteNumber("validation_loss", loss);
        foreach (var (name, value) in signs)
            Number("validation_" + name, value);
        json.WriteNumber("validation_tokens", tokens);
        json.WriteBoolean("best", best);
        json.WriteNumber("seconds", Math.Round(state.Seconds, 3));
        EndLine();
    }

    /// <summary>Makes sure that all lines so far survive a power failure.</summary>
    public void Sync() => file.Flush(flushToDisk: true);

    public void Dispose()
    {
        json.Dispose();
        file.Dispose();
    }

    /// <summary>A value that may be no number: JSON has none for those.</summary>
    private void Number(string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }

    private void EndLine()
    {
        json.WriteEndObject();
        json.Flush();
        json.Reset();
        file.WriteByte((byte)'\n');
        file.Flush();
    }

    private static bool Belongs(ReadOnlyMemory<byte> line, long step, long validatedStep)
    {
        try
        {
            using var entry = JsonDocument.Parse(line);
            var at = entry.RootElement.GetProperty("step").GetInt64();
            return at <= (entry.RootElement.TryGetProperty("validation_loss", out _) ? validatedStep : step);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }
}

using System.Text.Json;

namespace Liger.Training;

/// <summary>
/// metrics.jsonl: one JSON object a line, one line an optimizer step
/// (<c>step, loss, lr, grad_norm, tokens, scored_tokens, tokens_per_second, memory_bytes, seconds</c>) and one a validation
/// (<c>step, validation_loss, validation_tokens, best, seconds</c> and the objective's signs, such as <c>validation_kl</c>). Every line is handed to the operating system at once.
/// In a run of stages every line has its <c>stage</c> too, and each stage counts its own steps.
/// </summary>
internal sealed class MetricsLog : IDisposable
{
    private readonly FileStream file;
    private readonly Utf8JsonWriter json;

    private readonly string? stage;

    private MetricsLog(FileStream file, string? stage)
    {
        (this.file, this.stage) = (file, stage);
        json = new Utf8JsonWriter(file);
    }

    /// <summary>Opens the log of a new run.</summary>
    public static MetricsLog Create(string path) => new(new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read), stage: null);

    /// <summary>Opens the log of a run to be resumed and removes what lies behind the saved state, torn lines included.</summary>
    /// <param name="folder">The folder of the run or of its stage, the first not finished one.</param>
    /// <param name="step">The last step that the saved state has seen.</param>
    /// <param name="validatedStep">The last validation that the saved state has seen.</param>
    public static MetricsLog Resume(RunFolder folder, long step, long validatedStep)
    {
        var file = new FileStream(folder.MetricsPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        var kept = 0;
        while (kept < bytes.Length && Array.IndexOf(bytes, (byte)'\n', kept) is >= 0 and var end && Belongs(bytes.AsMemory(kept, end - kept), folder, step, validatedStep))
            kept = end + 1;
        file.SetLength(kept);
        file.Seek(0, SeekOrigin.End);
        return new MetricsLog(file, folder.StageName);
    }

    public void Step(TrainerState state, TrainingProgress now)
    {
        Begin();
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
        Begin();
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

    private void Begin()
    {
        json.WriteStartObject();
        if (stage is not null)
            json.WriteString("stage", stage);
    }

    private void EndLine()
    {
        json.WriteEndObject();
        json.Flush();
        json.Reset();
        file.WriteByte((byte)'\n');
        file.Flush();
    }

    private static bool Belongs(ReadOnlyMemory<byte> line, RunFolder folder, long step, long validatedStep)
    {
        try
        {
            using var entry = JsonDocument.Parse(line);
            if (entry.RootElement.TryGetProperty("stage", out var stage) && folder.EarlierStages.Contains(stage.GetString()))
                return true;
            var at = entry.RootElement.GetProperty("step").GetInt64();
            return at <= (entry.RootElement.TryGetProperty("validation_loss", out _) ? validatedStep : step);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }
}

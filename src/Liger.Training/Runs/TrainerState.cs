using System.Text.Json;
using System.Text.Json.Serialization;

namespace Liger.Training;

/// <summary>Everything that continues a run besides weights and moments. All counts include what happened before a resume.</summary>
internal sealed record TrainerState
{
    /// <summary>Raised when the meaning of a saved state changes.</summary>
    public const int CurrentFormat = 1;

    public int Format { get; init; } = CurrentFormat;

    /// <summary>Optimizer steps done.</summary>
    public long Step { get; init; }

    /// <summary>Micro-batches done: the counter from which dropout's randomness follows.</summary>
    public long MicroSteps { get; init; }

    /// <summary>Rows taken: the place in the data (epoch and index follow from the number of rows).</summary>
    public long Rows { get; init; }

    public long Tokens { get; init; }

    public long ScoredTokens { get; init; }

    public double Seconds { get; init; }

    public long PeakMemory { get; init; }

    /// <summary>The seed and number of rows that the place in the data depends on.</summary>
    public long Seed { get; init; }

    public long RowsAnEpoch { get; init; }

    /// <summary>The step after which the last validation was done; −1 before the first.</summary>
    public long ValidatedStep { get; init; } = -1;

    public double? Loss { get; init; }

    public double? FirstValidation { get; init; }

    public double? LastValidation { get; init; }

    public double? BestValidation { get; init; }

    public long? BestStep { get; init; }

    /// <summary>What the best checkpoint was chosen by, so that less is better.</summary>
    public double? BestCriterion { get; init; }

    public PlateauState Schedule { get; init; } = new(0, null, 0);

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, TrainerStateJson.Default.TrainerState);

    /// <exception cref="TrainingException">The file is not a state of this format.</exception>
    public static TrainerState Read(string path)
    {
        try
        {
            var state = JsonSerializer.Deserialize(File.ReadAllBytes(path), TrainerStateJson.Default.TrainerState);
            if (state is { Format: CurrentFormat })
                return state;
            throw new TrainingException($"{path}: unknown format — expected {CurrentFormat}, got {state?.Format}. Resume with the version that began the run.");
        }
        catch (JsonException e)
        {
            throw new TrainingException($"{path}: not a training state — {e.Message} Start the run afresh.", e);
        }
    }
}

[JsonSerializable(typeof(TrainerState))]
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class TrainerStateJson : JsonSerializerContext;

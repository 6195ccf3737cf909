using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Liger.Checkpoints;
using Liger.Checks;
using Liger.Scoreboards;

namespace Liger.Steps;

/// <summary>The results of the steps as JSON: snake_case names, absent values left out, no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(RunEnvironment))]
[JsonSerializable(typeof(InspectResult))]
[JsonSerializable(typeof(IReadOnlyList<CheckOutcome>))]
[JsonSerializable(typeof(IReadOnlyList<ListedMixer>))]
[JsonSerializable(typeof(ConvertResult))]
[JsonSerializable(typeof(KeptPlaces))]
[JsonSerializable(typeof(FinetuneResult))]
[JsonSerializable(typeof(StageResult))]
[JsonSerializable(typeof(ExportResult))]
[JsonSerializable(typeof(GenerateResult))]
[JsonSerializable(typeof(EvalResult))]
[JsonSerializable(typeof(RecallDataResult))]
[JsonSerializable(typeof(RunResult))]
[JsonSerializable(typeof(ScoreboardResult))]
[JsonSerializable(typeof(GatesResult))]
public sealed partial class ResultJson : JsonSerializerContext
{
    /// <summary>One result as text.</summary>
    public static string Write<T>(T result, JsonTypeInfo<T> type) => JsonSerializer.Serialize(result, type);

    /// <summary>Reads one result from a file that <see cref="Save"/> wrote.</summary>
    /// <exception cref="LigerException">The file holds something else.</exception>
    internal static T Read<T>(string path, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), type) ?? throw new JsonException("it holds null");
        }
        catch (JsonException e)
        {
            throw new LigerException($"{path}: is damaged — {e.Message} Start the run afresh with --overwrite.", global::Liger.ExitCode.FailedAtWork, e);
        }
    }

    /// <summary>Writes one result as a file, beside and renamed.</summary>
    public static void Save<T>(string path, T result, JsonTypeInfo<T> type) => AtomicFile.Write(path, Encoding.UTF8.GetBytes(Write(result, type) + "\n"));
}

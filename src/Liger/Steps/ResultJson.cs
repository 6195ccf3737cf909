using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Liger.Steps;

/// <summary>The results of the steps as JSON: snake_case names, absent values left out, no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(RunEnvironment))]
[JsonSerializable(typeof(InspectResult))]
public sealed partial class ResultJson : JsonSerializerContext
{
    /// <summary>One result as text.</summary>
    public static string Write<T>(T result, JsonTypeInfo<T> type) => JsonSerializer.Serialize(result, type);
}

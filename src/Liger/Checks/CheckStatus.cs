using System.Text.Json.Serialization;

namespace Liger.Checks;

/// <summary>How a check ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CheckStatus>))]
public enum CheckStatus
{
    /// <summary>It holds.</summary>
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>It does not hold.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>Something that it needs failed.</summary>
    [JsonStringEnumMemberName("skipped")]
    Skipped,
}

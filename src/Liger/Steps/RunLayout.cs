namespace Liger.Steps;

/// <summary>What lies where in a run folder.</summary>
public static class RunLayout
{
    /// <summary>The converted checkpoint.</summary>
    public const string Converted = "converted";

    /// <summary>The best adapter of the last stage: that of the lowest validation loss unless the recipe's best says otherwise (the last one where nothing was validated).</summary>
    public const string Adapter = "adapter";

    /// <summary>Adapter and model merged into one checkpoint.</summary>
    public const string Exported = "exported";

    /// <summary>The machine and the versions that ran.</summary>
    public const string EnvironmentFile = "environment.json";

    /// <summary>One JSON object a line: every optimizer step and every evaluation.</summary>
    public const string MetricsFile = "metrics.jsonl";
}

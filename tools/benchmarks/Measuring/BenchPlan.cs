using Liger.Bench.Workers;

namespace Liger.Bench.Measuring;

/// <summary>What is measured, and on what.</summary>
internal sealed record BenchPlan
{
    /// <summary>Rows of a step.</summary>
    internal const int Batch = 4;

    /// <summary>Tokens of a row.</summary>
    internal const int Tokens = 256;

    /// <summary>Tokens that decoding is given first.</summary>
    internal const int PromptTokens = 256;

    /// <summary>Tokens that decoding makes, the first one included.</summary>
    internal const int NewTokens = 65;

    /// <summary>Of AdamW.</summary>
    internal const double LearningRate = 1e-3;

    /// <summary>Our mixer that has a twin in reference.py.</summary>
    internal const string Compared = "softmax";

    /// <summary>Our mixer that is timed alone.</summary>
    internal const string Alone = "liger-gla";

    /// <summary>The parts that can be left out.</summary>
    internal static readonly string[] Parts = ["train", "decode"];

    /// <summary>The dtypes that can be left out.</summary>
    internal static readonly string[] Dtypes = ["fp32", "bf16"];

    /// <summary>A Hugging Face folder.</summary>
    internal required string Checkpoint { get; init; }

    /// <summary>A folder for what both sides read.</summary>
    internal required string WorkFolder { get; init; }

    /// <summary>The python3 that has torch; null leaves the other side out.</summary>
    internal required string? Python { get; init; }

    /// <summary>Turns of each side, at least 5.</summary>
    internal required int Rounds { get; init; }

    /// <summary>Training steps of a turn.</summary>
    internal required int Steps { get; init; }

    /// <summary>Threads of each side.</summary>
    internal required int Threads { get; init; }

    /// <summary>The command that starts one side's worker.</summary>
    /// <param name="ours">Our side, or reference.py.</param>
    /// <param name="work">"train" or "decode".</param>
    /// <param name="mixer">Of our side.</param>
    /// <param name="dtype">"fp32" or "bf16".</param>
    internal IReadOnlyList<string> Command(bool ours, string work, string mixer, string dtype)
    {
        string[] shared = [work, "--checkpoint", Checkpoint, "--adapter", Path.Combine(WorkFolder, BenchInputs.Adapter),
            "--data", Path.Combine(WorkFolder, BenchInputs.Data), "--dtype", dtype, "--threads", $"{Threads}"];
        return ours
            ? [Environment.ProcessPath!, .. OwnAssembly(), WorkerCommand.Name, .. shared, "--mixer", mixer]
            : [Python!, Path.Combine(AppContext.BaseDirectory, "reference.py"), .. shared];
    }

    // Started as "dotnet Liger.Bench.dll", the process is dotnet and the assembly its first argument.
    private static string[] OwnAssembly() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(BenchPlan).Assembly.Location] : [];
}

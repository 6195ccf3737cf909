using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Liger.Bench.Reporting;

/// <summary>Where and on what state of the sources the figures were made.</summary>
/// <param name="Cpu">The processor's name.</param>
/// <param name="Cores">Processors visible.</param>
/// <param name="MemoryMiB">Memory of the machine.</param>
/// <param name="Load">Load average of the last minute, before measuring: what else was running.</param>
/// <param name="Commit">The commit, with "+" where sources differ from it.</param>
/// <param name="When">UTC.</param>
internal sealed record Machine(string Cpu, int Cores, long MemoryMiB, string Load, string Commit, DateTimeOffset When)
{
    internal static Machine Now() => new(
        Field("/proc/cpuinfo", "model name") ?? "unknown",
        Environment.ProcessorCount,
        long.Parse(Field("/proc/meminfo", "MemTotal")!.Split(' ')[0]) / 1024,
        LoadNow(),
        Git("rev-parse", "--short=12", "HEAD") + (Git("status", "--porcelain", "--untracked-files=no").Length > 0 ? "+" : ""),
        DateTimeOffset.UtcNow);

    /// <summary>Load average of the last minute.</summary>
    internal static string LoadNow() => File.ReadAllText("/proc/loadavg").Split(' ')[0];

    /// <inheritdoc/>
    public override string ToString() => $"{Cpu}, {Cores} cores, {MemoryMiB} MiB, load {Load}, commit {Commit}, {When:yyyy-MM-dd HH:mm} UTC";

    internal JsonObject ToJson() => new()
    {
        ["cpu"] = Cpu,
        ["cores"] = Cores,
        ["memory_mib"] = MemoryMiB,
        ["load_before"] = Load,
        ["load_after"] = LoadNow(),
    };

    private static string? Field(string file, string name) =>
        File.ReadLines(file).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[1].Trim();

    private static string Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true, RedirectStandardError = true });
        return git?.StandardOutput.ReadToEnd().Trim() ?? "";
    }
}

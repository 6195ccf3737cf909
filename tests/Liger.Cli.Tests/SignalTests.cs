using System.Diagnostics;
using System.Globalization;
using Liger.Testing;

namespace Liger.Cli.Tests;

public sealed class SignalTests
{
    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_stops_after_the_step_saves_and_exits_with_130(string signal)
    {
        // A shell that starts the tests in the background has them ignore SIGINT, and so does what they start.
        if (signal == "INT" && IsInterruptIgnored()) return;
        using var folder = new TemporaryFolder();
        TinyCheckpoint.Write(folder["model"]);
        File.WriteAllText(folder["text.txt"], TinyCheckpoint.Words);
        File.WriteAllText(folder["r.yaml"], "run_folder: run\nmodel: {path: model}\ndata: {train: text.txt, context: 16}\ntrain: {loss: next-token, steps: 5000, device: cpu}\n");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Liger.Cli.dll"), "finetune", folder["r.yaml"]])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var said = new List<string>();
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            said.Add(line);
            if (line.Contains("training 1/", StringComparison.Ordinal))
                Process.Start("kill", ["-" + signal, process.Id.ToString(CultureInfo.InvariantCulture)]).Dispose();
        }
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == (int)ExitCode.Cancelled, string.Join('\n', said));
        Assert.Contains(said, line => line.Contains("--resume", StringComparison.Ordinal));
        Assert.NotEmpty(Directory.GetDirectories(folder["run/state"]));
    }

    private static bool IsInterruptIgnored()
    {
        const string field = "SigIgn:";
        const ulong interrupt = 1UL << 1;
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(field, StringComparison.Ordinal));
        return (ulong.Parse(line[field.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & interrupt) != 0;
    }
}

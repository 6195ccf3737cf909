using System.Diagnostics;
using Liger.Testing;

namespace Liger.Checkpoints.Tests;

public sealed class LeftoversTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_a_killed_writer_left_is_deleted_by_the_next_one()
    {
        var dead = Unfinished("model", DeadProcess());
        Directory.CreateDirectory(dead);
        File.WriteAllText(Path.Combine(dead, "model.safetensors"), "half");
        using (var output = AtomicFolder.Create(folder["model"], overwrite: false))
            output.Commit();
        Assert.False(Directory.Exists(dead));
        Assert.True(Directory.Exists(folder["model"]));
    }

    [Fact]
    public void What_others_write_stays()
    {
        string[] others = [Unfinished("model", Environment.ProcessId), Unfinished("other", DeadProcess()), folder[".model.tmp"], folder[".model.notes.tmp"]];
        foreach (var other in others)
            File.WriteAllText(other, "kept");
        AtomicFile.Write(folder["model"], "new"u8.ToArray());
        Assert.All(others, other => Assert.True(File.Exists(other), other));
    }

    private string Unfinished(string name, int process) => folder[$".{name}.{Environment.MachineName}.{process}.{Guid.NewGuid():N}.tmp"];

    private static int DeadProcess()
    {
        using var process = Process.Start(new ProcessStartInfo("true"))!;
        process.WaitForExit();
        return process.Id;
    }
}

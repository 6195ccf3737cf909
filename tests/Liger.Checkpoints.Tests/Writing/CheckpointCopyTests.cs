using Liger.Testing;
using Microsoft.Win32.SafeHandles;

namespace Liger.Checkpoints.Tests;

public sealed class CheckpointCopyTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public CheckpointCopyTests()
    {
        Directory.CreateDirectory(folder["source"]);
        var bytes = new byte[300_001];
        new Random(1).NextBytes(bytes);
        File.WriteAllBytes(folder["source/big"], bytes);
        File.WriteAllText(folder["source/config.json"], "{}");
        File.WriteAllText(folder["source/empty"], "");
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(CopyMode.Copy)]
    [InlineData(CopyMode.Link)]
    public void Files_arrive_unchanged(CopyMode mode)
    {
        var copied = CheckpointCopy.Folder(folder["source"], ["big", "empty", "config.json"], folder["to/target"], mode);
        Assert.Equal([("big", 300_001L), ("empty", 0L), ("config.json", 2L)], copied.Select(file => (file.Name, file.Length)));
        Assert.Equal(File.ReadAllBytes(folder["source/big"]), File.ReadAllBytes(folder["to/target/big"]));
        Assert.Single(Directory.GetFileSystemEntries(folder["to"]));
        File.AppendAllText(folder["to/target/big"], "x");
        Assert.Equal(mode == CopyMode.Link ? 300_002 : 300_001, new FileInfo(folder["source/big"]).Length);
    }

    [Theory]
    [InlineData(CopyMode.Copy)]
    [InlineData(CopyMode.Link)]
    public void Symbolic_links_of_the_source_are_followed_to_their_content(CopyMode mode)
    {
        File.CreateSymbolicLink(folder["source/alias"], "../source/big");
        CheckpointCopy.Folder(folder["source"], ["alias"], folder["target"], mode);
        Assert.Null(new FileInfo(folder["target/alias"]).LinkTarget);
        Assert.Equal(File.ReadAllBytes(folder["source/big"]), File.ReadAllBytes(folder["target/alias"]));
    }

    [Fact]
    public void The_way_without_the_kernel_gives_the_same()
    {
        using (SafeFileHandle from = File.OpenHandle(folder["source/big"]), to = File.OpenHandle(folder["out"], FileMode.CreateNew, FileAccess.Write))
        {
            long done = 0;
            KernelCopy.Stream(from, to, ref done, 300_001, "out");
        }
        Assert.Equal(File.ReadAllBytes(folder["source/big"]), File.ReadAllBytes(folder["out"]));
    }

    [Theory]
    [InlineData("../source/big")]
    [InlineData("/etc/hostname")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("absent")]
    public void Names_that_lead_elsewhere_or_nowhere_are_refused_and_nothing_is_left(string name)
    {
        Assert.Throws<CheckpointException>(() => CheckpointCopy.Folder(folder["source"], ["big", name], folder["target"]));
        Assert.Equal([folder["source"]], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void An_existing_checkpoint_is_replaced_only_where_allowed()
    {
        CheckpointCopy.Folder(folder["source"], ["config.json", "big"], folder["target"]);
        Assert.Throws<CheckpointException>(() => CheckpointCopy.Folder(folder["source"], ["config.json"], folder["target"]));
        CheckpointCopy.Folder(folder["source"], ["config.json"], folder["target"], overwrite: true);
        Assert.Equal([folder["target/config.json"]], Directory.GetFiles(folder["target"]));
        Assert.Equal(2, Directory.GetFileSystemEntries(folder.Path).Length);
    }

    [Fact]
    public void What_is_no_checkpoint_is_never_replaced()
    {
        Directory.CreateDirectory(folder["photos"]);
        File.WriteAllText(folder["photos/cat"], "");
        File.WriteAllText(folder["file"], "");
        Directory.CreateSymbolicLink(folder["link"], folder["photos"]);
        Directory.CreateDirectory(folder["empty"]);
        foreach (var target in new[] { "photos", "file", "link", "source" })
            Assert.Throws<CheckpointException>(() => CheckpointCopy.Folder(folder["source"], ["big"], folder[target], overwrite: true));
        CheckpointCopy.Folder(folder["source"], ["big"], folder["empty"], overwrite: true);
        Assert.True(File.Exists(folder["photos/cat"]) && File.Exists(folder["empty/big"]) && File.Exists(folder["source/big"]));
    }

    [Fact]
    public void A_target_created_meanwhile_is_not_lost()
    {
        using var output = AtomicFolder.Create(folder["target"], overwrite: false);
        File.WriteAllText(folder["target"], "someone's");
        Assert.Throws<CheckpointException>(output.Commit);
        Assert.Equal("someone's", File.ReadAllText(folder["target"]));
    }

    [Fact]
    public void An_atomic_file_is_whole_or_as_it_was()
    {
        AtomicFile.Write(folder["f"], "old"u8.ToArray());
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(folder["f"], stream =>
        {
            stream.Write("new"u8);
            throw new InvalidOperationException();
        }));
        Assert.Equal("old", File.ReadAllText(folder["f"]));
        Assert.Equal(2, Directory.GetFileSystemEntries(folder.Path).Length);
        Assert.Throws<CheckpointException>(() => AtomicFile.Write(folder["absent/f"], []));
    }

    [Fact]
    public void A_full_disk_says_so()
    {
        if (!File.Exists("/dev/full"))
            return;
        using var full = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write);
        var error = Assert.ThrowsAny<IOException>(() => RandomAccess.Write(full, new byte[10], 0));
        Assert.Contains("disk is full", FileErrors.Writing("f", error).Message, StringComparison.Ordinal);
    }
}

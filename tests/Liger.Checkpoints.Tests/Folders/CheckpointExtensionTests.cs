using Liger.Testing;
using TorchSharp;

namespace Liger.Checkpoints.Tests;

public sealed class CheckpointExtensionTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Added_tensors_lie_beside_files_that_stay_as_they_are_and_can_be_dropped_again(bool sharded)
    {
        var source = folder["source"];
        Directory.CreateDirectory(source);
        Checkpoints.WriteConfig(source);
        if (sharded)
        {
            Checkpoints.WriteShard(Path.Combine(source, "x-1.safetensors"), "a", "b");
            Checkpoints.WriteShard(Path.Combine(source, "x-2.safetensors"), "c");
            File.WriteAllText(Path.Combine(source, CheckpointFolder.IndexFile), """{"weight_map": {"a": "x-1.safetensors", "b": "x-1.safetensors", "c": "x-2.safetensors"}}""");
        }
        else
        {
            Checkpoints.WriteShard(Path.Combine(source, CheckpointFolder.SingleFile), "a", "b", "c");
        }
        using var extra = torch.ones([2, 3]);
        using var first = Extend(source, folder["more"], [("m.x", extra)]);
        Assert.Equal(["a", "b", "c", "m.x"], first.TensorNames.Order());
        Assert.Equal(6 + 24, first.TotalBytes);
        Assert.True(first.Bytes("m.x").SequenceEqual(extra.bytes));
        Assert.Equal([1, 2], first.Bytes("b").ToArray());

        using var less = Extend(folder["more"], folder["less"], []);
        Assert.Equal(["a", "b", "c"], less.TensorNames.Order());
        using var other = Extend(folder["more"], folder["other"], [("m.y", extra)]);
        Assert.Equal(["a", "b", "c", "m.y"], other.TensorNames.Order());
    }

    [Fact]
    public void A_tensor_that_shares_its_file_is_not_dropped_by_rewriting()
    {
        var source = folder["source"];
        Directory.CreateDirectory(source);
        Checkpoints.WriteConfig(source);
        Checkpoints.WriteShard(Path.Combine(source, CheckpointFolder.SingleFile), "a", "m.x");
        Assert.Equal("m.x", Assert.Throws<CheckpointException>(() => Extend(source, folder["less"], [])).TensorName);
    }

    private static CheckpointFolder Extend(string source, string to, IReadOnlyList<(string Name, torch.Tensor Tensor)> added)
    {
        using var checkpoint = CheckpointFolder.Open(source);
        using var output = AtomicFolder.Create(to, overwrite: false);
        File.Copy(Path.Combine(source, HfConfig.FileName), Path.Combine(output.Path, HfConfig.FileName));
        CheckpointExtension.Copy(checkpoint, output, CopyMode.Copy, added, name => name.StartsWith("m.", StringComparison.Ordinal));
        output.Commit();
        return CheckpointFolder.Open(to);
    }
}

using Liger.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Checkpoints.Tests;

public sealed class CheckpointWriterTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(1000, 1)]
    [InlineData(150, 3)]
    [InlineData(1, 4)]
    public void Shards_and_index_open_again(long shardLength, int shards)
    {
        using var scope = torch.NewDisposeScope();
        var tensors = Enumerable.Range(0, 4).ToDictionary(i => $"t{i}", i => torch.randn([4, 3 + i]));
        Checkpoints.WriteConfig(folder.Path);
        using (var writer = CheckpointWriter.Create(folder.Path, tensors.Select(pair => new SafeTensorEntry(pair.Key, ScalarType.Float32, pair.Value.shape)), shardLength))
        {
            foreach (var (name, tensor) in tensors.Reverse())
                writer.Write(name, tensor);
            writer.Commit();
        }
        using var checkpoint = CheckpointFolder.Open(folder.Path);
        Assert.Equal(shards, checkpoint.Files.Count);
        foreach (var (name, tensor) in tensors)
            Assert.True(checkpoint.Bytes(name).SequenceEqual(tensor.bytes));
        if (shards > 1)
            Assert.Equal(checkpoint.TotalBytes, JsonFile.Read(folder[CheckpointFolder.IndexFile])["metadata"]!["total_size"]!.GetValue<long>());
    }

    [Fact]
    public void Tensors_are_stored_in_the_type_announced_whatever_their_layout()
    {
        using var scope = torch.NewDisposeScope();
        var tensor = torch.arange(6, dtype: ScalarType.Float32).view(2, 3).t();
        using (var writer = SafeTensorsWriter.Create(folder["f"], [new("a", ScalarType.BFloat16, [3, 2])]))
        {
            Assert.Throws<CheckpointException>(() => writer.Write("a", tensor.t()));
            writer.Write("a", tensor);
            writer.Commit();
        }
        using var file = SafeTensorsFile.Open(folder["f"]);
        TensorAssert.Close(file.Read("a", ScalarType.Float32), tensor);
    }

    [Fact]
    public void A_tensor_longer_than_a_slice_moves_in_slices()
    {
        Assert.Equal([(0L, 8), (8L, 8), (16L, 4)], TensorBytes.Slices(20, 8));
        using var scope = torch.NewDisposeScope();
        var tensor = torch.zeros([5], ScalarType.Float32);
        var bytes = Enumerable.Range(0, 20).Select(i => (byte)i).ToArray();
        foreach (var (from, count) in TensorBytes.Slices(20, 8))
            TensorBytes.Copy(bytes.AsSpan((int)from, count), tensor, from);
        Assert.Equal(bytes, tensor.bytes.ToArray());
    }
}

using System.Text;
using Liger.Testing;
using static TorchSharp.torch;

namespace Liger.Checkpoints.Tests;

public sealed class SafeTensorsWriterTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_is_written_in_pieces_and_any_order_reads_back()
    {
        var a = Enumerable.Range(0, 24).Select(i => (byte)(i * 3)).ToArray();
        using (var writer = SafeTensorsWriter.Create(folder["w"], [new("m", ScalarType.BFloat16, [3]), new("a", ScalarType.Float32, [2, 3]), new("s", ScalarType.Int64, []), new("z", ScalarType.Byte, [0])]))
        {
            writer.Write("m", [1, 2, 3, 4]);
            writer.Write("a", a);
            writer.Write("m", [5, 6]);
            writer.Write("s", new byte[8]);
            Assert.False(File.Exists(folder["w"]));
            writer.Commit();
            Assert.Equal(new FileInfo(folder["w"]).Length, writer.Length);
        }
        using var file = SafeTensorsFile.Open(folder["w"]);
        Assert.Equal(["s", "a", "m", "z"], file.Names);
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(a, file.Bytes("a").ToArray());
        Assert.Equal([1, 2, 3, 4, 5, 6], file.Bytes("m").ToArray());
        Assert.Equal(0, file.Info("s").Offset % 8);
        Assert.Equal([folder["w"]], Directory.GetFiles(folder.Path));
    }

    [MaterialFact("weights/stories260K-hf", "weights/stories260K-hf-bf16")]
    public void A_file_of_the_reference_writer_is_reproduced_byte_for_byte()
    {
        foreach (var name in new[] { "weights/stories260K-hf/model.safetensors", "weights/stories260K-hf-bf16/model.safetensors" })
        {
            using var source = SafeTensorsFile.Open(Material.Path(name));
            using var writer = SafeTensorsWriter.Create(folder["copy"], source.Tensors.Values.Select(info => new SafeTensorEntry(info.Name, info.Dtype, info.Shape)), source.Metadata);
            foreach (var tensor in source.Names)
                writer.Write(tensor, source.Bytes(tensor));
            writer.Commit();
            Assert.True(File.ReadAllBytes(Material.Path(name)).AsSpan().SequenceEqual(File.ReadAllBytes(folder["copy"])));
        }
    }

    [Fact]
    public void Without_commit_nothing_is_left()
    {
        using (var writer = SafeTensorsWriter.Create(folder["w"], [new("a", ScalarType.Byte, [2])]))
            writer.Write("a", [1]);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Misuse_is_a_typed_error()
    {
        using var writer = SafeTensorsWriter.Create(folder["w"], [new("a", ScalarType.Byte, [2])]);
        writer.Write("a", [1]);
        Assert.Equal("a", Assert.Throws<CheckpointException>(writer.Commit).TensorName);
        Assert.Equal("a", Assert.Throws<CheckpointException>(() => writer.Write("a", [1, 2])).TensorName);
        Assert.Equal("b", Assert.Throws<CheckpointException>(() => writer.Write("b", [1])).TensorName);
        Assert.Throws<CheckpointException>(() => SafeTensorsWriter.Create(folder["v"], [new("a", ScalarType.Byte, [2]), new("a", ScalarType.Byte, [2])]));
        Assert.Throws<CheckpointException>(() => SafeTensorsWriter.Create(folder["v"], [new("__metadata__", ScalarType.Byte, [2])]));
        Assert.Throws<CheckpointException>(() => SafeTensorsWriter.Create(folder["v"], [new("a", ScalarType.Int64, [long.MaxValue])]));
        Assert.Throws<CheckpointException>(() => SafeTensorsWriter.Create(folder["absent/v"], [new("a", ScalarType.Byte, [2])]));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void The_header_is_padded_with_spaces_to_eight_bytes()
    {
        for (var length = 1; length < 9; length++)
        {
            using (var writer = SafeTensorsWriter.Create(folder["w"], [new(new string('n', length), ScalarType.Byte, [0])]))
                writer.Commit();
            var bytes = File.ReadAllBytes(folder["w"]);
            Assert.Equal(0, bytes.Length % 8);
            Assert.Equal("}", Encoding.UTF8.GetString(bytes).TrimEnd(' ')[^1..]);
        }
    }
}

using Liger.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Checkpoints.Tests;

public sealed class CheckpointFolderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [MaterialTheory("weights/stories260K-hf", "weights/stories260K-hf-bf16", "weights/teacher-11m")]
    [InlineData("weights/stories260K-hf", ScalarType.Float32, 1, 47)]
    [InlineData("weights/stories260K-hf-bf16", ScalarType.BFloat16, 1, 47)]
    [InlineData("weights/teacher-11m", ScalarType.BFloat16, 3, 56)]
    public void Real_checkpoints_open_and_every_tensor_reads_to_its_bytes(string path, ScalarType dtype, int files, int tensors)
    {
        using var checkpoint = CheckpointFolder.Open(Material.Path(path));
        Assert.Equal(dtype, checkpoint.Config.Dtype);
        Assert.Equal(files, checkpoint.WeightFiles.Count);
        Assert.Equal(tensors, checkpoint.TensorNames.Count);
        foreach (var name in checkpoint.TensorNames)
        {
            using var tensor = checkpoint.Read(name);
            Assert.Equal(dtype, tensor.dtype);
            Assert.Equal(checkpoint.Info(name).Shape, tensor.shape);
            Assert.True(tensor.bytes.SequenceEqual(checkpoint.Bytes(name)));
        }
    }

    [Fact]
    public void A_tensor_is_converted_where_asked_and_leaves_no_other_behind()
    {
        File.WriteAllBytes(folder["f"], HandMade.File("""{"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"s":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}""", 12));
        using var file = SafeTensorsFile.Open(folder["f"]);
        var before = torch.Tensor.TotalCount;
        using (torch.NewDisposeScope())
        using (var tensor = file.Read("a", ScalarType.Float64, CPU))
        using (var scalar = file.Read("s"))
        {
            Assert.Equal(ScalarType.Float64, tensor.dtype);
            Assert.Equal(0, scalar.dim());
            Assert.Equal(BitConverter.ToSingle([0, 1, 2, 3]), tensor[0, 0].item<double>());
            Assert.Equal(BitConverter.ToSingle([8, 9, 10, 11]), scalar.item<float>());
        }
        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"1.safetensors","b":"3.safetensors"}}""", "lacks")]
    [InlineData("""{"weight_map":{"a":"../1.safetensors","b":"2.safetensors"}}""", "same folder")]
    [InlineData("""{"weight_map":{"a":"/1.safetensors","b":"2.safetensors"}}""", "same folder")]
    [InlineData("""{"weight_map":{"a":"..","b":"2.safetensors"}}""", "same folder")]
    [InlineData("""{"weight_map":{"a":7,"b":"2.safetensors"}}""", "same folder")]
    [InlineData("""{"weight_map":{"a":"2.safetensors","b":"1.safetensors"}}""", "does not hold")]
    [InlineData("""{"weight_map":{"a":"1.safetensors","b":"2.safetensors","c":"2.safetensors"}}""", "does not hold")]
    [InlineData("""{"weight_map":{"a":"1.safetensors"}}""", null)]
    [InlineData("""{"weight_map":{}}""", "weight_map")]
    [InlineData("""{"weight_map":[]}""", "weight_map")]
    [InlineData("""{"weight_map":{"a":"1.safetensors","b":"2.safetensors"}}""", null)]
    [InlineData("""{"weight_map":{"a":"1.safetensors","b":"2.safetensors"}""", "line 1")]
    public void Shards_and_index_must_agree(string index, string? says)
    {
        Checkpoints.WriteConfig(folder.Path);
        Checkpoints.WriteShard(folder["1.safetensors"], "a");
        Checkpoints.WriteShard(folder["2.safetensors"], "b");
        File.WriteAllText(folder[CheckpointFolder.IndexFile], index);
        if (says is null)
            CheckpointFolder.Open(folder.Path).Dispose();
        else
            Assert.Contains(says, Assert.Throws<CheckpointException>(() => CheckpointFolder.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_in_two_shards_or_not_in_the_index_is_named()
    {
        Checkpoints.WriteConfig(folder.Path);
        Checkpoints.WriteShard(folder["1.safetensors"], "a", "b");
        Checkpoints.WriteShard(folder["2.safetensors"], "b");
        File.WriteAllText(folder[CheckpointFolder.IndexFile], """{"weight_map":{"a":"1.safetensors","b":"2.safetensors"}}""");
        Assert.Equal("b", Assert.Throws<CheckpointException>(() => CheckpointFolder.Open(folder.Path)).TensorName);
        File.WriteAllText(folder[CheckpointFolder.IndexFile], """{"weight_map":{"a":"1.safetensors"}}""");
        Assert.Equal("b", Assert.Throws<CheckpointException>(() => CheckpointFolder.Open(folder.Path)).TensorName);
    }

    [Fact]
    public void Folders_without_readable_weights_say_what_they_hold()
    {
        Assert.Contains("no such folder", Assert.Throws<CheckpointException>(() => CheckpointFolder.Open(folder["absent"])).Message, StringComparison.Ordinal);
        Assert.Contains("config.json", Assert.Throws<CheckpointException>(() => CheckpointFolder.Open(folder.Path)).File, StringComparison.Ordinal);
        Checkpoints.WriteConfig(folder.Path);
        Assert.Contains("no weights", Assert.Throws<CheckpointException>(() => CheckpointFolder.Open(folder.Path)).Message, StringComparison.Ordinal);
        File.WriteAllText(folder["pytorch_model.bin"], "");
        Assert.Contains("pytorch_model.bin", Assert.Throws<CheckpointException>(() => CheckpointFolder.Open(folder.Path)).Message, StringComparison.Ordinal);
    }
}

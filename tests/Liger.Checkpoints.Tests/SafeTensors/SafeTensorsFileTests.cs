using Liger.Testing;
using static TorchSharp.torch;

namespace Liger.Checkpoints.Tests;

public sealed class SafeTensorsFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_valid_file_is_described_and_read()
    {
        using var file = HandMade.Open(folder, HandMade.Valid());
        Assert.Equal(["a.weight", "b"], file.Names);
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(ScalarType.Float32, file.Info("a.weight").Dtype);
        Assert.Equal([2L, 3L], file.Info("a.weight").Shape);
        Assert.Equal(6, file.Info("a.weight").Count);
        Assert.Empty(file.Info("b").Shape);
        Assert.Equal(Enumerable.Range(0, 24).Select(i => (byte)i), file.Bytes("a.weight").ToArray());
        Assert.Equal([24, 25], file.Bytes("b").ToArray());
        Assert.Equal([7, 8], file.Bytes("a.weight", 7, 2).ToArray());
    }

    [Fact]
    public void Padding_zero_sizes_and_any_order_are_valid()
    {
        using var file = HandMade.Open(folder, HandMade.File(
            """ {"z":{"shape":[0,5],"data_offsets":[4,4],"dtype":"F64"},"y":{"dtype":"U8","shape":[4],"data_offsets":[4,8]},"x":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}}   """, 8));
        Assert.Equal(["x", "z", "y"], file.Names);
        Assert.Equal(0, file.Bytes("z").Length);
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "bytes end at")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9, "belong to no tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}}""", 9, "belong to no tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}""", 8, "overlap")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[6,8]}}""", 8, "belong to no tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "expected 12")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}""", 8, "overflows")]
    [InlineData("""{"a":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807,0],"data_offsets":[0,0]}}""", 0, "overflows")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}""", 8, "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}""", 8, "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,9223372036854775807]}}""", 8, "data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", 8, "data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}""", 8, "data_offsets")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}""", 8, "F8_E4M3")]
    [InlineData("""{"a":{"dtype":"Q4","shape":[8],"data_offsets":[0,8]}}""", 8, "Q4")]
    [InlineData("""{"a":{"dtype":4,"shape":[8],"data_offsets":[0,8]}}""", 8, "dtype")]
    [InlineData("""{"a":{"shape":[8],"data_offsets":[0,8]}}""", 8, "lacks")]
    [InlineData("""{"a":{"dtype":"U8","dtype":"U8","shape":[8],"data_offsets":[0,8]}}""", 8, "twice")]
    [InlineData("""{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8],"more":1}}""", 8, "unknown field")]
    [InlineData("""{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"a":{"dtype":"U8","shape":[0],"data_offsets":[8,8]}}""", 8, "twice")]
    [InlineData("""{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"\u0061":{"dtype":"U8","shape":[0],"data_offsets":[8,8]}}""", 8, "twice")]
    [InlineData("""{"a":[[[[[[[[[[[[1]]]]]]]]]]]]}""", 8, "")]
    public void A_violation_is_an_error_that_names_the_file_and_the_tensor(string header, int data, string says)
    {
        var error = Assert.Throws<CheckpointException>(() => HandMade.Open(folder, HandMade.File(header, data)).Dispose());
        Assert.Equal(folder["t.safetensors"], error.File);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        if (!says.StartsWith("belong", StringComparison.Ordinal))
            Assert.NotNull(error.TensorName);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("[]", 0)]
    [InlineData("{", 0)]
    [InlineData("{}", 1)]
    [InlineData("{}{}", 0)]
    [InlineData("{} x", 0)]
    [InlineData("""{"__metadata__":{"a":1}}""", 0)]
    [InlineData("""{"__metadata__":[]}""", 0)]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", 0)]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", 0)]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0)]
    public void A_damaged_header_is_an_error(string header, int data) =>
        Assert.Throws<CheckpointException>(() => HandMade.Open(folder, HandMade.File(header, data)).Dispose());

    [Fact]
    public void Text_that_is_not_utf8_is_an_error()
    {
        var bytes = HandMade.Valid();
        bytes[8 + 40] = 0xff;
        Assert.Contains("UTF-8", Assert.Throws<CheckpointException>(() => HandMade.Open(folder, bytes)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    [InlineData(100_000_001UL)]
    [InlineData(100_000_000UL)]
    public void A_header_length_beyond_limit_or_file_is_refused_before_anything_is_allocated(ulong claimed)
    {
        var bytes = HandMade.File("{}", 0, claimed);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<CheckpointException>(() => HandMade.Open(folder, bytes).Dispose());
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }

    [Fact]
    public void Missing_files_folders_and_names_are_errors()
    {
        Assert.Throws<CheckpointException>(() => SafeTensorsFile.Open(folder["absent"]));
        Assert.Throws<CheckpointException>(() => SafeTensorsFile.Open(folder.Path));
        Assert.Throws<CheckpointException>(() => SafeTensorsFile.Open(""));
        using var file = HandMade.Open(folder, HandMade.Valid());
        Assert.Equal("c", Assert.Throws<CheckpointException>(() => file.Bytes("c").Length).TensorName);
        Assert.Throws<CheckpointException>(() => file.Bytes("b", 1, 2).Length);
        Assert.Throws<CheckpointException>(() => file.Bytes("b", long.MaxValue, 1).Length);
    }
}

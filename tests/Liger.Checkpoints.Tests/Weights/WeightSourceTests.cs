using Liger.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Checkpoints.Tests;

public sealed class WeightSourceTests
{
    private const string Stories = "weights/stories260K-hf";

    [MaterialFact(Stories)]
    public void File_weights_give_tensors_under_a_cursor_and_name_what_is_left()
    {
        using var scope = torch.NewDisposeScope();
        using var folder = CheckpointFolder.Open(Material.Path(Stories));
        var weights = new FileWeights(folder, ScalarType.BFloat16);
        var attention = weights.In("model.layers.0").In("self_attn");
        var q = attention.Get("q_proj.weight", [64, 64]);
        Assert.Equal(ScalarType.BFloat16, q.dtype);
        Assert.Null(attention.TryGet("q_proj.bias", [64]));
        Assert.Equal(folder.TensorNames.Count - 1, attention.Unused().Count);
        Assert.DoesNotContain("model.layers.0.self_attn.q_proj.weight", weights.Unused());
        foreach (var name in folder.TensorNames)
            weights.Get(name, folder.Info(name).Shape);
        Assert.Empty(weights.Unused());
    }

    [MaterialFact(Stories)]
    public void A_wrong_shape_names_file_tensor_and_both_shapes()
    {
        using var folder = CheckpointFolder.Open(Material.Path(Stories));
        var error = Assert.Throws<CheckpointException>(() => new FileWeights(folder).In("model").Get("norm.weight", [65]));
        Assert.Equal("model.norm.weight", error.TensorName);
        Assert.Contains("[64]", error.Message, StringComparison.Ordinal);
        Assert.Contains("[65]", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("model.safetensors", error.File, StringComparison.Ordinal);
        Assert.Equal("model.norm.bias", Assert.Throws<CheckpointException>(() => new FileWeights(folder).In("model").Get("norm.bias", [64])).TensorName);
    }

    [Theory]
    [InlineData(true, true, 0)]
    [InlineData(true, false, 1)]
    [InlineData(false, true, 1)]
    public void A_stored_head_is_allowed_only_where_tied_and_identical(bool tied, bool identical, int left)
    {
        using var temporary = new TemporaryFolder();
        Checkpoints.WriteConfig(temporary.Path, tied ? """ "tie_word_embeddings": true """ : """ "tie_word_embeddings": false """);
        using (var writer = SafeTensorsWriter.Create(temporary["model.safetensors"], [
            new("model.embed_tokens.weight", ScalarType.Byte, [4]), new("lm_head.weight", ScalarType.Byte, [4]),
            new("model.layers.0.self_attn.rotary_emb.inv_freq", ScalarType.Byte, [1])]))
        {
            writer.Write("model.embed_tokens.weight", [1, 2, 3, 4]);
            writer.Write("lm_head.weight", identical ? [1, 2, 3, 4] : [1, 2, 3, 5]);
            writer.Write("model.layers.0.self_attn.rotary_emb.inv_freq", [0]);
            writer.Commit();
        }
        using var folder = CheckpointFolder.Open(temporary.Path);
        var weights = new FileWeights(folder);
        weights.Get("model.embed_tokens.weight", [4]).Dispose();
        Assert.Equal(left, weights.Unused().Count);
    }

    [Fact]
    public void Random_weights_depend_on_seed_and_name_only()
    {
        using var scope = torch.NewDisposeScope();
        var one = new RandomWeights(7).In("model");
        _ = one.Get("first.weight", [3, 5]);
        var a = one.Get("second.weight", [40, 50]);
        var b = new RandomWeights(7).Get("model.second.weight", [40, 50]);
        var c = new RandomWeights(8).Get("model.second.weight", [40, 50]);
        Assert.True(a.bytes.SequenceEqual(b.bytes));
        Assert.False(a.bytes.SequenceEqual(c.bytes));
        Assert.InRange(a.std().item<float>(), 0.019f, 0.021f);
        Assert.Equal(1f, one.Get("input_layernorm.weight", [8]).mean().item<float>());
        Assert.Equal(0f, one.Get("q_proj.bias", [8]).abs().sum().item<float>());
        Assert.Null(one.TryGet("q_proj.bias", [8]));
    }

    [Fact]
    public void Shape_only_weights_record_and_take_no_memory()
    {
        using var scope = torch.NewDisposeScope();
        var weights = new ShapeOnlyWeights(ScalarType.BFloat16, ["a.weight", "b.weight"]);
        var tensor = weights.In("a").Get("weight", [1L << 20, 1L << 20]);
        Assert.Equal([1L << 20, 1L << 20], tensor.shape);
        Assert.Equal(2L << 40, weights.TotalBytes);
        Assert.Equal(["b.weight"], weights.Unused());
        Assert.Throws<CheckpointException>(() => weights.Get("c", [1]));
        Assert.Null(weights.TryGet("c", [1]));
    }
}

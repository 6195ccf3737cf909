using System.Runtime.InteropServices;
using Liger.Testing;
using static TorchSharp.torch;

namespace Liger.Torch.Tests;

public class TensorTests
{
    [Fact]
    public void All_cores_compute()
    {
        Assert.Equal(Environment.ProcessorCount, get_num_threads());
    }

    [Fact]
    public void Values_survive_the_round_trip()
    {
        using var scope = NewDisposeScope();
        var t = tensor([1f, 2f, 3f, 4f, 5f, 6f], [2, 3]);
        Assert.Equal([2, 3], t.shape);
        Assert.Equal([3, 1], t.stride());
        Assert.Equal(ScalarType.Float32, t.dtype);
        Assert.Equal(6, t.data<float>()[1, 2]);
        Assert.Equal([1f, 4f, 2f, 5f, 3f, 6f], t.t().data<float>().ToArray());
        Assert.Equal(21, t.sum().item<float>());
        Assert.Equal(24, t.bytes.Length);
    }

    [Fact]
    public void Numbers_left_of_an_operator_keep_their_type()
    {
        using var scope = NewDisposeScope();
        // More than a double can tell apart.
        const long large = (1L << 60) + 1;
        var one = tensor([1L]);
        Assert.Equal([large - 1, large + 1, large], new[] { large - one, large + one, large * one }.Select(t => t.item<long>()));
        Assert.All([2 - one, 2 + one, 2 * one], t => Assert.Equal(ScalarType.Int64, t.dtype));
        Assert.All([2f - one, 2f + one, 2f * one, 2 / one, 2L / one, 2f / one], t => Assert.Equal(ScalarType.Float32, t.dtype));
        Assert.Equal(-0.5f, (0.5f - one).item<float>());
        Assert.Equal(0.5f, (1L / tensor([2f])).item<float>());
    }

    [Fact]
    public void Bfloat16_bytes_are_raw()
    {
        using var scope = NewDisposeScope();
        var t = tensor([1f, -2f]).to(bfloat16);
        Assert.Equal([0x80, 0x3f, 0x00, 0xc0], t.bytes.ToArray());
        Assert.Equal(-1, t.sum().item<float>());
    }

    [Fact]
    public void Indexing_follows_slices_ellipsis_and_new_axes()
    {
        using var scope = NewDisposeScope();
        var t = arange(24).reshape(2, 3, 4);
        Assert.Equal([2, 3], t[.., .., 1].shape);
        Assert.Equal([3, 2], t[1, .., 1..^1].shape);
        Assert.Equal(17, t[1, 1, 1].item<long>());
        Assert.Equal([2, 3, 1], t[TensorIndex.Ellipsis, TensorIndex.Slice(0, 1)].shape);
        Assert.Equal([1, 3, 4], t[TensorIndex.None, 0].shape);
        Assert.Equal([2, 2, 4], t[.., tensor([0L, 2L])].shape);
        t[0, 0] = zeros(4, int64);
        Assert.Equal(0, t[0, 0, 3].item<long>());
    }

    [Fact]
    public void Lists_of_results_arrive_whole()
    {
        using var scope = NewDisposeScope();
        var t = arange(10);
        Assert.Equal([4, 4, 2], t.split(4).Select(p => p.shape[0]));
        Assert.Equal([3, 7], t.split([3, 7]).Select(p => p.shape[0]));
        Assert.Equal(10, t.unbind().Length);
        var (values, indexes) = tensor([3f, 1f, 2f]).topk(2);
        Assert.Equal([3f, 2f], values.data<float>().ToArray());
        Assert.Equal([0L, 2L], indexes.data<long>().ToArray());
    }

    [Fact]
    public void An_error_of_libtorch_is_an_exception_with_its_message()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<ExternalException>(() => ones(2, 3).mm(ones(2, 3)));
        Assert.Contains("mat1 and mat2", error.Message);
        if (typeof(Tensor).Assembly == typeof(TorchLibrary).Assembly) // the TorchSharp package appends a stack trace
            Assert.DoesNotContain("\n", error.Message);
    }

    [Fact]
    public void A_disposed_tensor_is_refused()
    {
        var t = ones(3);
        t.Dispose();
        t.Dispose();
        Assert.True(t.IsInvalid);
        Assert.Throws<ObjectDisposedException>(() => t.sum());
    }

    [Fact]
    public void A_seeded_generator_repeats_and_resumes()
    {
        using var scope = NewDisposeScope();
        using var a = new Generator(7);
        using var b = new Generator(7);
        TensorAssert.Same(randn(100, generator: a), randn(100, generator: b));
        var state = a.get_state();
        var next = rand(50, generator: a);
        b.set_state(state);
        TensorAssert.Same(rand(50, generator: b), next);
    }

    [Fact]
    public void A_leaf_becomes_a_view_of_another_and_is_still_differentiated()
    {
        using var scope = NewDisposeScope();
        var (flat, leaf) = (arange(6).to(float32), zeros(2, 2).requires_grad_());
        using (no_grad())
            leaf.set_(flat.narrow(0, 2, 4).view(2, 2));
        flat.mul_(2);
        leaf.square().sum().backward();
        Assert.Equal([4f, 6, 8, 10], leaf.detach().data<float>().ToArray());
        Assert.Equal([8f, 12, 16, 20], leaf.grad!.data<float>().ToArray());
    }
}

using Liger.Testing;
using static TorchSharp.torch;

namespace Liger.Torch.Tests;

public class DisposeScopeTests
{
    [Fact]
    public void A_scope_disposes_what_it_saw_and_not_what_left_it()
    {
        Tensor inner, outer, kept;
        using (var outside = NewDisposeScope())
        {
            using (var inside = NewDisposeScope())
            {
                inner = ones(2);
                outer = ones(2).MoveToOuterDisposeScope();
                kept = ones(2).DetachFromDisposeScope();
                Assert.Equal(1, inside.DisposablesCount);
            }
            Assert.True(inner.IsInvalid);
            Assert.False(outer.IsInvalid);
        }
        Assert.True(outer.IsInvalid);
        Assert.False(kept.IsInvalid);
        kept.Dispose();
    }

    [Fact]
    public void Without_a_scope_a_tensor_lives_until_disposed()
    {
        var before = LiveTensors.Count();
        var t = ones(2);
        Assert.Equal(before + 1, Tensor.TotalCount);
        t.Dispose();
        Assert.Equal(before, Tensor.TotalCount);
    }
}

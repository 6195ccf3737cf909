using System.Runtime.InteropServices;
using Liger.Testing;
using static TorchSharp.torch;

namespace Liger.Torch.Tests;

public class AutogradTests
{
    [Fact]
    public void A_custom_function_runs_its_own_backward()
    {
        using var scope = NewDisposeScope();
        var x = randn(5, 3, float64, requires_grad: true);
        var w = randn(5, 3, float64, requires_grad: true);
        Product.apply(x, 3.0, w).sum().backward();
        TensorAssert.Close(x.grad!, w * 3.0);
        TensorAssert.Close(w.grad!, x * 3.0);
    }

    [Fact]
    public void Unused_outputs_get_zero_gradients()
    {
        using var scope = NewDisposeScope();
        var x = randn(4, float64, requires_grad: true);
        var parts = Halves.apply(x);
        (parts[0] * 2).sum().backward();
        TensorAssert.Close(x.grad!, cat([full(2, 2.0, float64), zeros(2, float64)]));
    }

    [Fact]
    public void An_error_in_backward_reaches_the_caller()
    {
        using var scope = NewDisposeScope();
        var x = randn(4, requires_grad: true);
        var loss = Failing.apply(x).sum();
        var error = Assert.Throws<ExternalException>(loss.backward);
        Assert.Contains("on purpose", error.Message);
    }

    [Fact]
    public void Nothing_stays_alive_after_training_steps()
    {
        var before = LiveTensors.Count();
        using (var weight = randn(8, 8, requires_grad: true).DetachFromDisposeScope())
        {
            long after = 0;
            for (var step = 0; step < 5; step++)
            {
                using (var scope = NewDisposeScope())
                {
                    Product.apply(weight, 1.0, randn(8, 8)).exp().sum().backward();
                    weight.grad = null;
                }
                if (step == 0)
                    after = Tensor.TotalCount;
                Assert.Equal(after, Tensor.TotalCount);
            }
        }
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void No_grad_ends_with_its_scope()
    {
        Assert.True(is_grad_enabled());
        using (no_grad())
            Assert.False(is_grad_enabled());
        Assert.True(is_grad_enabled());
    }

    [Fact]
    public void Grad_returns_gradients_without_touching_leaves()
    {
        using var scope = NewDisposeScope();
        var x = randn(4, float64, requires_grad: true);
        var grads = autograd.grad([x.square().sum()], [x]);
        TensorAssert.Close(grads[0], x * 2);
        Assert.Null(x.grad);
    }

    private sealed class Product : autograd.SingleTensorFunction<Product>
    {
        public override string Name => nameof(Product);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (x, factor, w) = ((Tensor)vars[0], (double)vars[1], (Tensor)vars[2]);
            ctx.save_for_backward([x, w]);
            ctx.save_data("factor", factor);
            return x * w * factor;
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            var saved = ctx.get_saved_variables();
            var factor = (double)ctx.get_data("factor");
            return [grad_output * saved[1] * factor, null!, grad_output * saved[0] * factor];
        }
    }

    private sealed class Halves : autograd.MultiTensorFunction<Halves>
    {
        public override string Name => nameof(Halves);

        public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars) =>
            [.. ((Tensor)vars[0]).chunk(2).Select(c => c.clone())];

        public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs) => [cat(grad_outputs)];
    }

    private sealed class Failing : autograd.SingleTensorFunction<Failing>
    {
        public override string Name => nameof(Failing);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars) => ((Tensor)vars[0]).clone();

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => throw new InvalidOperationException("on purpose");
    }
}

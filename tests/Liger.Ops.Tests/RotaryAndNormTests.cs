using Liger.Testing;

namespace Liger.Ops.Tests;

public class RotaryAndNormTests
{
    [Theory]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.BFloat16)]
    public void Rms_norm_equals_its_naive_form_with_gradients(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var x = randn([3, 5, 16], type).requires_grad_();
        var weight = randn([16], type).requires_grad_();
        var grad = randn([3, 5, 16], type);
        List<Tensor> Run(Func<Tensor, Tensor, double, Tensor> norm)
        {
            var y = norm(x, weight, 1e-5);
            return [y, .. autograd.grad([y], [x, weight], [grad])];
        }

        foreach (var ((fast, slow), name) in Run(RmsNorm.Forward).Zip(Run(RmsNorm.Naive)).Zip(["y", "dx", "dw"]))
            TensorAssert.Close(fast, slow, type == ScalarType.BFloat16 && name == "dw" ? 5e-2 : null, name); // bf16: dw sums 15 rounded products
    }

    [Fact]
    public void Rotation_equals_its_naive_form_with_gradients()
    {
        using var scope = NewDisposeScope();
        var x = randn([2, 7, 3, 8], float64).requires_grad_();
        var (cos, sin) = Rotary.Table(randn(4, float64), arange(7), float64);
        var grad = randn([2, 7, 3, 8], float64);
        List<Tensor> Run(Func<Tensor, Tensor, Tensor, Tensor> apply)
        {
            var y = apply(x, cos, sin);
            return [y, .. autograd.grad([y], [x], [grad])];
        }

        foreach (var (fast, slow) in Run(Rotary.Apply).Zip(Run(Rotary.Naive)))
            TensorAssert.Close(fast, slow);
    }
}

using Liger.Testing;

namespace Liger.Ops.Tests;

public class Int8RowsTests
{
    [Theory]
    [InlineData(1, 1e-30)]
    [InlineData(7, 1)]
    [InlineData(64, 1e30)]
    public void Rows_become_what_each_number_becomes_by_itself(int width, double scale)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var x = randn([5, 3, width], float64, generator: generator) * scale;
        TensorAssert.Same(Int8Rows.Round(x), Int8Rows.Naive(x));
        foreach (var dtype in new[] { float32, bfloat16 })
        {
            var rough = x.to(dtype);
            var packed = Int8Rows.Pack(rough);
            Assert.Equal((int8, Int8Rows.Bytes(width)), (packed.dtype, packed.shape[^1]));
            // A code and a scale have 15 bits together: more than bf16, fewer than fp32.
            TensorAssert.Same(Int8Rows.Unpack(packed, dtype), Int8Rows.Naive(rough).to(dtype));
            TensorAssert.Same(Int8Rows.Unpack(packed, dtype), Int8Rows.Round(rough));
        }
    }

    [Fact]
    public void The_error_is_half_a_step_and_a_second_rounding_changes_nothing()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4);
        var x = randn([200, 64], float32, generator: generator) * torch.tensor([1e-3f, 1, 50, 1e4f], [4, 1]).repeat(50, 1);
        var rounded = Int8Rows.Round(x);
        var most = x.abs().amax([-1], keepdim: true);
        // Half a step of max/127, and the scale is rounded to 2⁻⁹ of itself.
        Assert.True((rounded - x).abs().le(most * ((0.5 / 127) + (1.0 / 512) + 1e-6)).all().item<bool>());
        TensorAssert.Same(Int8Rows.Round(rounded), rounded);
        TensorAssert.Close(Int8Rows.Round(x.neg()), rounded.neg(), 0);
    }

    [Fact]
    public void Extreme_rows_stay_finite_zeros_stay_zeros_and_what_is_no_number_stays_none()
    {
        using var scope = NewDisposeScope();
        foreach (var dtype in new[] { float32, bfloat16, float16 })
        {
            var most = dtype == float16 ? 65504 : dtype == float32 ? float.MaxValue : 3.3895313892515355e38;
            var x = torch.tensor([0, 0, 0, most, -most, 1, 1e-40, -1e-39, 0, -3, 3, 1e-3], [4, 3]).to(dtype);
            var rounded = Int8Rows.Round(x).to(float64);
            Assert.True(rounded.isfinite().all().item<bool>(), dtype.ToString());
            Assert.Equal(0, rounded[0].abs().sum().item<double>());
            Assert.InRange(rounded[1, 0].item<double>() / most, 0.99, 1);
            Assert.Equal(-rounded[3, 0].item<double>(), rounded[3, 1].item<double>());
            Assert.InRange(rounded[3, 1].item<double>(), 2.99, 3.01);
        }
        Assert.True(Int8Rows.Round(torch.tensor([1, double.NaN])).isnan().all().item<bool>());
        TensorAssert.Same(Int8Rows.Round(zeros(2, 0, 3)), zeros(2, 0, 3));
    }

    [Fact]
    public void Gradients_go_straight_through()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        var x = (randn([4, 6], float32, generator: generator) * 10).requires_grad_();
        var weight = randn([4, 6], float32, generator: generator);
        TensorAssert.Same(autograd.grad([(Int8Rows.Round(x) * weight).sum()], [x])[0], weight);
    }
}

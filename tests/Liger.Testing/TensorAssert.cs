using Xunit;
using static TorchSharp.torch;

namespace Liger.Testing;

/// <summary>Compares tensors element by element, in float64.</summary>
public static class TensorAssert
{
    /// <summary>
    /// Fails unless every element agrees to <c>tolerance · max(1, |expected|)</c>, naming the worst one. NaN always fails.
    /// The tolerance follows the coarser dtype: fp64 1e-10, fp32 1e-5, bf16 and fp16 1e-2.
    /// </summary>
    /// <param name="actual">What the code under test gave.</param>
    /// <param name="expected">What it should have given; of the same shape.</param>
    /// <param name="tolerance">Overrides the table; say why where it is used.</param>
    /// <param name="name">What is compared, for the message.</param>
    public static void Close(Tensor actual, Tensor expected, double? tolerance = null, string name = "tensor")
    {
        using var scope = NewDisposeScope();
        Assert.True(actual.shape.SequenceEqual(expected.shape), $"{name}: expected shape [{string.Join(", ", expected.shape)}], got [{string.Join(", ", actual.shape)}]");
        var limit = tolerance ?? Math.Max(ToleranceOf(actual.dtype), ToleranceOf(expected.dtype));
        var got = actual.detach().cpu().to(float64).contiguous().data<double>().ToArray();
        var wanted = expected.detach().cpu().to(float64).contiguous().data<double>().ToArray();
        var (worst, at) = (0.0, -1);
        for (var i = 0; i < got.Length; i++)
        {
            var error = Math.Abs(got[i] - wanted[i]) / Math.Max(1, Math.Abs(wanted[i]));
            if (double.IsNaN(error))
                error = double.PositiveInfinity;
            if (error > worst)
                (worst, at) = (error, i);
        }
        Assert.True(worst <= limit, at < 0 ? "" : $"{name}: worst at [{string.Join(", ", Position(at, expected.shape))}]: expected {wanted[at]:G9}, got {got[at]:G9}, error {worst:G3}, tolerance {limit:G3}");
    }

    /// <summary>Fails unless both hold the same bits.</summary>
    public static void Same(Tensor actual, Tensor expected, string name = "tensor")
    {
        using var scope = NewDisposeScope();
        Assert.True(actual.shape.SequenceEqual(expected.shape), $"{name}: shapes differ");
        Assert.Equal(expected.dtype, actual.dtype);
        Assert.True(actual.detach().cpu().contiguous().bytes.SequenceEqual(expected.detach().cpu().contiguous().bytes), $"{name}: the bits differ");
    }

    private static double ToleranceOf(ScalarType type) => type switch
    {
        ScalarType.Float64 => 1e-10,
        ScalarType.Float32 => 1e-5,
        ScalarType.BFloat16 or ScalarType.Float16 => 1e-2,
        _ => 0,
    };

    private static long[] Position(long flat, long[] shape)
    {
        var position = new long[shape.Length];
        for (var i = shape.Length - 1; i >= 0; i--)
            (flat, position[i]) = Math.DivRem(flat, shape[i]);
        return position;
    }
}

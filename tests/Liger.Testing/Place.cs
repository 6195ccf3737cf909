using Xunit;
using static TorchSharp.torch;

namespace Liger.Testing;

/// <summary>Where tests compute, and in which dtype.</summary>
/// <param name="Device">The device.</param>
/// <param name="Dtype">Of the numbers that go in: fp32 or bf16.</param>
public sealed record Place(Device Device, ScalarType Dtype)
{
    /// <summary>bf16's row of the tolerance table, of the norm of a result.</summary>
    private const double Rounded = 1e-2;

    /// <summary>The CPU, in fp32.</summary>
    public static Place Cpu { get; } = new(CPU, ScalarType.Float32);

    /// <summary>Whether single elements can be compared; in bf16, those that cancel out are left with their terms' rounding.</summary>
    public bool IsPrecise => Dtype == ScalarType.Float32;

    /// <summary>float64, or bf16 where that is tested: its kernels take nothing else.</summary>
    public ScalarType Widest => IsPrecise ? ScalarType.Float64 : Dtype;

    /// <summary>Leaves not-a-numbers in memory that is free again, so that what is not written before it is read shows.</summary>
    public void Poison()
    {
        using var scope = NewDisposeScope();
        for (var size = 1 << 8; size <= (Device.type == TorchSharp.DeviceType.CUDA ? 1 << 20 : 1 << 12); size <<= 4)
            for (var i = 0; i < 8; i++)
                full([size], double.NaN, ScalarType.Float32, Device);
    }

    /// <summary><see cref="TensorAssert.Close"/>, or in bf16 the same of the norm: ‖actual − expected‖ ≤ 1e-2 ‖expected‖.</summary>
    public void Close(Tensor actual, Tensor expected, double? tolerance = null, string name = "tensor")
    {
        if (expected.dtype != ScalarType.BFloat16)
        {
            TensorAssert.Close(actual, expected, tolerance, name);
            return;
        }
        using var scope = NewDisposeScope();
        Assert.True(actual.shape.SequenceEqual(expected.shape), $"{name}: expected shape [{string.Join(", ", expected.shape)}], got [{string.Join(", ", actual.shape)}]");
        var (got, wanted) = (actual.to(ScalarType.Float64), expected.to(ScalarType.Float64));
        var (error, size) = ((got - wanted).norm().item<double>(), wanted.norm().item<double>());
        Assert.True(error <= Rounded * size, $"{name}: error {error:G3} of {size:G3}, tolerance {Rounded:G3}");
    }
}

/// <summary>Tests that can run in several places: on the CPU in fp32, and wherever else a program sets.</summary>
public abstract class PlacedTests
{
    /// <summary>Where they run.</summary>
    public Place On { get; set; } = Place.Cpu;

    /// <summary>Whether they say something about numbers of this dtype.</summary>
    public virtual bool Take(ScalarType dtype) => true;
}

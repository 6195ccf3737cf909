using Liger.Checkpoints;
using static TorchSharp.torch;

namespace Liger.GpuBench;

/// <summary>Random weights made on the GPU itself: an 8B model in seconds. For speed and memory only; ones for norms, no optional tensors.</summary>
internal sealed class DeviceRandom(Device device, ScalarType dtype) : WeightSource
{
    private const double Std = 0.02;

    public override ScalarType? Dtype => dtype;

    public override Device Device => device;

    protected override Tensor? Take(string name, ReadOnlySpan<long> shape, ScalarType? fixedDtype, bool optional) =>
        optional ? null
        : name.EndsWith("norm.weight", StringComparison.Ordinal) ? ones(shape.ToArray(), fixedDtype ?? dtype, device)
        : empty(shape.ToArray(), fixedDtype ?? dtype, device).normal_(0, Std);

    protected override IReadOnlyList<string> Left() => [];
}

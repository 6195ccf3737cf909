using Liger.Torch;

namespace Liger.Ops.Cuda;

/// <summary>One argument of a launch: a tensor (its address; null: a null pointer) or a number of at most 8 bytes.</summary>
internal readonly struct KernelArgument
{
    private readonly Tensor? owner;

    private KernelArgument(ulong bits, Tensor? owner = null) => (Bits, this.owner) = (bits, owner);

    internal ulong Bits { get; }

    /// <summary>Keeps the tensor alive until after the launch.</summary>
    internal void KeepAlive() => GC.KeepAlive(owner);

    public static implicit operator KernelArgument(Tensor? tensor) => new(tensor is null ? 0 : (ulong)TorchLibrary.Address(tensor), tensor);

    public static implicit operator KernelArgument(int number) => new((uint)number);

    public static implicit operator KernelArgument(long number) => new((ulong)number);

    public static implicit operator KernelArgument(float number) => new(BitConverter.SingleToUInt32Bits(number));
}

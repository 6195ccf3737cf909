using System.Runtime.InteropServices;

namespace Liger.Torch.Native;

/// <summary>Owns one native reference to a tensor, and counts how many are alive.</summary>
internal sealed class TensorHandle : SafeHandle
{
    private static long alive;
    private static long peak;

    internal TensorHandle(nint handle)
        : base(0, ownsHandle: true)
    {
        SetHandle(handle);
        var now = Interlocked.Increment(ref alive);
        if (now > Volatile.Read(ref peak))
            Volatile.Write(ref peak, now);
    }

    /// <summary>Handles not yet released.</summary>
    internal static long Alive => Volatile.Read(ref alive);

    /// <summary>The most handles that were alive at one time.</summary>
    internal static long Peak => Volatile.Read(ref peak);

    public override bool IsInvalid => handle == 0;

    /// <summary>The native pointer. Throws once disposed; the caller keeps the tensor alive across the native call.</summary>
    internal nint Pointer => IsClosed ? throw new ObjectDisposedException("Tensor") : handle;

    /// <summary>Gives up ownership without releasing.</summary>
    internal nint Decouple()
    {
        var pointer = Pointer;
        SetHandleAsInvalid();
        handle = 0;
        Interlocked.Decrement(ref alive);
        return pointer;
    }

    protected override bool ReleaseHandle()
    {
        Interlocked.Decrement(ref alive);
        return NativeMethods.lt_tensor_release(handle) == 0;
    }
}

using System.Runtime.InteropServices;

namespace Liger.Ops.Cuda;

/// <summary>The part of the CUDA driver API that loading and launching kernels needs.</summary>
internal static unsafe partial class Driver
{
    internal const int ComputeCapabilityMajor = 75, ComputeCapabilityMinor = 76, MaxDynamicSharedMemory = 8, MostSharedMemory = 97;
    private const string Library = "libcuda.so.1";
    private const int NameLength = 256;

    [ThreadStatic]
    private static bool hasContext;

    internal static void Check(int status, string what)
    {
        if (status == 0)
            return;
        var text = cuGetErrorString(status, out var message) == 0 ? Marshal.PtrToStringUTF8(message) : "unknown error";
        throw new OpsException($"CUDA: {what} failed — {text} ({status}).");
    }

    /// <summary>
    /// Makes libtorch's context of a device current on this thread, where none is: threads that libtorch starts, such as those of backward passes,
    /// get theirs only when libtorch itself works there.
    /// </summary>
    internal static void UseDevice(int device)
    {
        if (hasContext)
            return;
        Check(cuInit(0), "starting the driver");
        hasContext = cuCtxGetCurrent(out var current) == 0 && current != 0;
        if (hasContext)
            return;
        Check(cuDeviceGet(out var handle, device), "finding the GPU");
        Check(cuDevicePrimaryCtxRetain(out var context, handle), "opening the GPU");
        Check(cuCtxSetCurrent(context), "opening the GPU");
        hasContext = true;
    }

    internal static int Attribute(int attribute, int device)
    {
        Check(cuDeviceGet(out var handle, device), "finding the GPU");
        Check(cuDeviceGetAttribute(out var value, attribute, handle), "asking the GPU");
        return value;
    }

    internal static string Name(int device)
    {
        var name = stackalloc byte[NameLength];
        Check(cuDeviceGet(out var handle, device), "finding the GPU");
        Check(cuDeviceGetName(name, NameLength, handle), "asking the GPU");
        return Marshal.PtrToStringUTF8((nint)name) ?? "";
    }

    internal static string Version()
    {
        Check(cuDriverGetVersion(out var version), "asking the driver");
        return $"{version / 1000}.{version % 1000 / 10}";
    }

    [LibraryImport(Library)] internal static partial int cuModuleLoadData(out nint module, byte* image);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial int cuModuleGetFunction(out nint function, nint module, string name);
    [LibraryImport(Library)] internal static partial int cuFuncSetAttribute(nint function, int attribute, int value);
    [LibraryImport(Library)]
    internal static partial int cuLaunchKernel(nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ, uint sharedBytes,
        nint stream, void** parameters, void** extra);
    [LibraryImport(Library)] private static partial int cuInit(uint flags);
    [LibraryImport(Library)] private static partial int cuGetErrorString(int status, out nint text);
    [LibraryImport(Library)] private static partial int cuCtxGetCurrent(out nint context);
    [LibraryImport(Library)] private static partial int cuCtxSetCurrent(nint context);
    [LibraryImport(Library)] private static partial int cuDevicePrimaryCtxRetain(out nint context, int device);
    [LibraryImport(Library)] private static partial int cuDeviceGet(out int handle, int device);
    [LibraryImport(Library)] private static partial int cuDeviceGetAttribute(out int value, int attribute, int device);
    [LibraryImport(Library)] private static partial int cuDeviceGetName(byte* name, int length, int device);
    [LibraryImport(Library)] private static partial int cuDriverGetVersion(out int version);
}

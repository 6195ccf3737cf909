using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Liger.Torch.Native;

/// <summary>Readies the process for libtorch and loads the native library. Runs once, before the first native call.</summary>
internal static partial class NativeLoader
{
    private const string FileName = "libliger_torch.so";

    // Parameters of glibc's mallopt. First-touch pages are slow on virtual machines: blocks of tensor size are kept in
    // the heap and reused from step to step instead of being mapped and unmapped each time.
    private const int TrimThreshold = -1;
    private const int MmapThreshold = -3;
    private const int KeepBelow = 1 << 30;

    private static readonly Lock Gate = new();
    private static bool prepared;

    internal static void Prepare()
    {
        lock (Gate)
        {
            if (prepared)
                return;
            // OpenBLAS reads this when it loads; where it names an older core, fp32 products run at half speed.
            _ = unsetenv("OPENBLAS_CORETYPE");
            if (Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null)
                _ = setenv("GOMP_SPINCOUNT", WaitingThreads.Spins().ToString(CultureInfo.InvariantCulture), overwrite: 0);
            _ = mallopt(MmapThreshold, KeepBelow);
            _ = mallopt(TrimThreshold, KeepBelow);
            NativeLibrary.SetDllImportResolver(typeof(NativeLoader).Assembly, Resolve);
            prepared = true;
        }
        var abi = NativeMethods.lt_abi_version();
        if (abi != NativeMethods.AbiVersion)
            throw new DllNotFoundException(
                $"{FileName}: built from another version — expected ABI {NativeMethods.AbiVersion}, got {abi}. Rebuild it with tools/build-native.");
        NativeMethods.Check(NativeMethods.lt_set_num_threads(Environment.ProcessorCount));
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != NativeMethods.Library)
            return 0;
        var file = Path.Combine(AppContext.BaseDirectory, FileName);
        if (!File.Exists(file))
            throw new DllNotFoundException(
                $"{file}: the binding to libtorch is missing — expected it beside the program. Build it with tools/build-native.");
        try
        {
            return NativeLibrary.Load(file);
        }
        catch (DllNotFoundException e)
        {
            throw new DllNotFoundException(
                $"{file}: libtorch cannot be loaded ({e.Message.Trim()}). Install it with tools/install-deps, then run tools/build-native.", e);
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unsetenv(string name);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);
}

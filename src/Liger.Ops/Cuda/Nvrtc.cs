using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;

namespace Liger.Ops.Cuda;

/// <summary>CUDA's run-time compiler, which comes with every CUDA build of libtorch: CUDA C++ in, machine code of one architecture out.</summary>
internal static unsafe partial class Nvrtc
{
    private const string Library = "nvrtc";

    private static nint handle;

    /// <summary>Loads the compiler from where libtorch's own CUDA libraries lie.</summary>
    /// <returns>Its file, or null where there is none.</returns>
    internal static string? Load()
    {
        var file = Candidates().FirstOrDefault(file => NativeLibrary.TryLoad(file, out handle));
        if (file is not null)
            NativeLibrary.SetDllImportResolver(typeof(Nvrtc).Assembly, Resolve);
        return file;
    }

    internal static string Version()
    {
        Check(nvrtcVersion(out var major, out var minor), "asking the compiler");
        return $"{major}.{minor}";
    }

    /// <summary>Compiles a source.</summary>
    /// <param name="name">How messages call it.</param>
    /// <param name="source">CUDA C++ without system headers.</param>
    /// <param name="headers">What its includes find, by name.</param>
    /// <param name="options">The compiler's options.</param>
    /// <exception cref="OpsException">It does not compile; with the compiler's log.</exception>
    internal static byte[] Compile(string name, string source, IReadOnlyDictionary<string, string> headers, IReadOnlyList<string> options)
    {
        using var text = new NativeStrings([source, name, .. headers.Values, .. headers.Keys, .. options]);
        var contents = text.Pointers + 2;
        var names = contents + headers.Count;
        Check(nvrtcCreateProgram(out var program, text.Pointers[0], text.Pointers[1], headers.Count, contents, names), $"reading {name}");
        try
        {
            var status = nvrtcCompileProgram(program, options.Count, names + headers.Count);
            if (status != 0)
                throw new OpsException($"CUDA kernel {name}: does not compile with {string.Join(' ', options)}:\n{Log(program)}");
            Check(nvrtcGetCUBINSize(program, out var size), $"compiling {name}");
            var code = new byte[size];
            fixed (byte* place = code)
                Check(nvrtcGetCUBIN(program, place), $"compiling {name}");
            return code;
        }
        finally
        {
            _ = nvrtcDestroyProgram(ref program);
        }
    }

    private static string Log(nint program)
    {
        Check(nvrtcGetProgramLogSize(program, out var size), "reading the compiler's log");
        var log = new byte[size];
        fixed (byte* place = log)
            Check(nvrtcGetProgramLog(program, place), "reading the compiler's log");
        return Encoding.UTF8.GetString(log).TrimEnd('\0', '\n');
    }

    private static void Check(int status, string what)
    {
        if (status != 0)
            throw new OpsException($"CUDA: {what} failed — {Marshal.PtrToStringUTF8(nvrtcGetErrorString(status))}.");
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name == Library ? handle : 0;

    private static IEnumerable<string> Candidates()
    {
        const string map = "/proc/self/maps";
        string[] beside = ["libtorch_cuda", "libc10_cuda", "libcudart", "libcublas."];
        var folders = File.Exists(map)
            ? File.ReadLines(map).Select(line => line[(line.IndexOf('/', StringComparison.Ordinal) + 1)..]).Distinct()
                .Where(file => beside.Any(name => Path.GetFileName(file).StartsWith(name, StringComparison.Ordinal)))
                .Select(file => "/" + Path.GetDirectoryName(file)).Distinct().ToList()
            : [];
        // Beside each other in newer packages, in a folder of its own in older ones, or of a toolkit.
        string[] all = [.. folders, .. folders.Select(f => Path.Combine(f, "..", "..", "cuda_nvrtc", "lib")), "/usr/local/cuda/lib64"];
        return all.Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "libnvrtc*.so*").Order(StringComparer.Ordinal))
            .Where(file => !file.Contains("builtins", StringComparison.Ordinal) && !file.Contains(".alt.", StringComparison.Ordinal));
    }

    [LibraryImport(Library)] private static partial int nvrtcVersion(out int major, out int minor);
    [LibraryImport(Library)] private static partial nint nvrtcGetErrorString(int status);
    [LibraryImport(Library)] private static partial int nvrtcCreateProgram(out nint program, byte* source, byte* name, int headers, byte** contents, byte** names);
    [LibraryImport(Library)] private static partial int nvrtcDestroyProgram(ref nint program);
    [LibraryImport(Library)] private static partial int nvrtcCompileProgram(nint program, int count, byte** options);
    [LibraryImport(Library)] private static partial int nvrtcGetCUBINSize(nint program, out nuint size);
    [LibraryImport(Library)] private static partial int nvrtcGetCUBIN(nint program, byte* code);
    [LibraryImport(Library)] private static partial int nvrtcGetProgramLogSize(nint program, out nuint size);
    [LibraryImport(Library)] private static partial int nvrtcGetProgramLog(nint program, byte* log);

    /// <summary>Strings as C takes them.</summary>
    private sealed class NativeStrings : IDisposable
    {
        private readonly int count;

        internal NativeStrings(IReadOnlyList<string> strings)
        {
            count = strings.Count;
            Pointers = (byte**)NativeMemory.AllocZeroed((nuint)count, (nuint)sizeof(byte*));
            for (var i = 0; i < count; i++)
                Pointers[i] = (byte*)Marshal.StringToCoTaskMemUTF8(strings[i]);
        }

        internal byte** Pointers { get; }

        public void Dispose()
        {
            for (var i = 0; i < count; i++)
                Marshal.FreeCoTaskMem((nint)Pointers[i]);
            NativeMemory.Free(Pointers);
        }
    }
}

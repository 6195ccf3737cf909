using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using Liger.Ops.Cuda;
using Liger.Torch;

namespace Liger.GpuBench;

/// <summary>The figures of a run: one JSON object a line on the terminal, and all so far in a file after each.</summary>
/// <param name="path">The file; null: none.</param>
internal sealed class Report(string? path)
{
    private readonly JsonObject machine = Machine();
    private readonly JsonArray figures = [];

    internal static double PeakGiB => TorchLibrary.CudaMemory().Peak / (double)(1L << 30);

    internal void Add(string work, JsonObject figure)
    {
        figure.Insert(0, "work", work);
        Console.WriteLine(figure.ToJsonString());
        figures.Add(figure);
        if (path is not null)
            File.WriteAllText(path, new JsonObject { ["machine"] = machine.DeepClone(), ["figures"] = figures.DeepClone() }.ToJsonString(new() { WriteIndented = true }) + "\n");
    }

    /// <summary>Runs one case; what it cannot do is a figure too.</summary>
    internal void Try(string work, JsonObject about, Action<JsonObject> measure)
    {
        Begin();
        Attempt(about, () => measure(about));
        Add(work, about);
    }

    /// <summary>Empties the memory of what came before.</summary>
    internal static void Begin()
    {
        TorchSharp.torch.cuda.synchronize();
        TorchLibrary.EmptyCudaCache();
        TorchLibrary.ResetCudaPeak();
    }

    /// <summary>Part of a case: notes in the figure why it did not succeed.</summary>
    internal static void Attempt(JsonObject figure, Action part)
    {
        try
        {
            part();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            figure["error"] = error.Message.Split('\n')[0];
        }
    }

    /// <summary>On what, with what, from which sources.</summary>
    private static JsonObject Machine()
    {
        var version = typeof(Report).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        var kernels = CudaKernels.Status;
        return new JsonObject
        {
            ["when"] = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            ["commit"] = version[(version.IndexOf('+', StringComparison.Ordinal) + 1)..],
            ["card"] = kernels.Card,
            ["driver"] = kernels.Driver,
            ["libtorch"] = TorchLibrary.Version,
            ["kernels"] = kernels.Available ? $"{kernels.Architecture}, NVRTC {kernels.Compiler?.Split(' ')[0]}" : kernels.Reason,
        };
    }
}

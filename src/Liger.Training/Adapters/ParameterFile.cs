using Liger.Checkpoints;
using TorchSharp;

namespace Liger.Training;

/// <summary>What is trained beside a LoRA adapter, under full names, in a file of the adapter's folder that PEFT does not read.</summary>
internal static class ParameterFile
{
    /// <summary>Parameters that mixers declare, fp32.</summary>
    internal const string Mixers = "mixer_parameters.safetensors";

    /// <summary>Weights of projections that are trained in full, in the type of the model.</summary>
    internal const string Full = "full_projections.safetensors";

    /// <summary>Writes them; nothing where there are none.</summary>
    internal static void Write(string folder, string name, IReadOnlyList<NamedParameter> parameters)
    {
        if (parameters.Count == 0)
            return;
        using var writer = SafeTensorsWriter.Create(Path.Combine(folder, name), parameters.Select(p => new SafeTensorEntry(p.Name, p.Weight.dtype, p.Weight.shape)));
        foreach (var (parameter, weight) in parameters)
            writer.Write(parameter, weight);
        writer.Commit();
    }

    /// <summary>Whether a folder holds such a file.</summary>
    internal static bool Exists(string folder, string name) => File.Exists(Path.Combine(folder, name));

    /// <summary>The names that a folder's file holds; none where there is no file.</summary>
    internal static IReadOnlyList<string> Names(string folder, string name)
    {
        if (!Exists(folder, name))
            return [];
        using var file = SafeTensorsFile.Open(Path.Combine(folder, name));
        return [.. file.Names];
    }

    /// <summary>Reads them into a model's.</summary>
    /// <exception cref="TrainingException">The file holds others, or others than these sizes.</exception>
    internal static void Read(string folder, string name, IReadOnlyList<NamedParameter> parameters)
    {
        if (parameters.Count == 0 && !Exists(folder, name))
            return;
        using var file = SafeTensorsFile.Open(Path.Combine(folder, name));
        using var grad = torch.no_grad();
        var names = parameters.Select(p => p.Name).ToHashSet();
        if (file.Names.FirstOrDefault(parameter => !names.Contains(parameter)) is { } unknown)
            throw new TrainingException($"{file.Path}: holds {unknown}, which the model does not train. The adapter belongs to another model.");
        foreach (var (parameter, weight) in parameters)
        {
            if (!file.Tensors.TryGetValue(parameter, out var stored) || !stored.Shape.AsSpan().SequenceEqual(weight.shape))
                throw new TrainingException($"{file.Path}: {parameter} — expected shape [{string.Join(", ", weight.shape)}], got {(stored is null ? "nothing" : $"[{string.Join(", ", stored.Shape)}]")}. The adapter belongs to another model.");
            using var value = file.Read(parameter);
            weight.copy_(value);
        }
    }
}

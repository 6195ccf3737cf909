using Liger.Checkpoints;
using TorchSharp;

namespace Liger.Training;

/// <summary>Trained parameters of mixers beside a LoRA adapter: fp32, under their full names, in a file of the adapter's folder that PEFT does not read.</summary>
internal static class MixerParameterFile
{
    /// <summary>Writes them.</summary>
    internal static void Write(string folder, IReadOnlyList<NamedParameter> parameters)
    {
        if (parameters.Count == 0)
            return;
        using var writer = SafeTensorsWriter.Create(Path.Combine(folder, LoraAdapter.MixerParametersFile), parameters.Select(p => new SafeTensorEntry(p.Name, p.Weight.dtype, p.Weight.shape)));
        foreach (var (name, weight) in parameters)
            writer.Write(name, weight);
        writer.Commit();
    }

    /// <summary>Whether a folder holds such a file.</summary>
    internal static bool Exists(string folder) => File.Exists(Path.Combine(folder, LoraAdapter.MixerParametersFile));

    /// <summary>Reads them into a model's.</summary>
    /// <exception cref="TrainingException">The file holds others, or others than these sizes.</exception>
    internal static void Read(string folder, IReadOnlyList<NamedParameter> parameters)
    {
        if (parameters.Count == 0 && !Exists(folder))
            return;
        using var file = SafeTensorsFile.Open(Path.Combine(folder, LoraAdapter.MixerParametersFile));
        using var grad = torch.no_grad();
        var names = parameters.Select(p => p.Name).ToHashSet();
        if (file.Names.FirstOrDefault(name => !names.Contains(name)) is { } unknown)
            throw new TrainingException($"{file.Path}: holds {unknown}, which the model's mixers do not declare. The adapter belongs to another model.");
        foreach (var (name, weight) in parameters)
        {
            if (!file.Tensors.TryGetValue(name, out var stored) || !stored.Shape.AsSpan().SequenceEqual(weight.shape))
                throw new TrainingException($"{file.Path}: {name} — expected shape [{string.Join(", ", weight.shape)}], got {(stored is null ? "nothing" : $"[{string.Join(", ", stored.Shape)}]")}. The adapter belongs to another model.");
            using var value = file.Read(name);
            weight.copy_(value);
        }
    }
}

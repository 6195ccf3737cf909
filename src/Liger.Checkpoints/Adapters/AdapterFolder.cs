using static TorchSharp.torch;

namespace Liger.Checkpoints;

/// <summary>One adapted projection of an adapter folder: y = W x + scaling · B (A x).</summary>
/// <param name="Module">The projection's name in the base model, such as "model.layers.0.self_attn.q_proj".</param>
/// <param name="A">The tensor of A, [R, in].</param>
/// <param name="B">The tensor of B, [out, R].</param>
/// <param name="Magnitude">DoRA's lengths of rows, [out]; null without DoRA.</param>
public sealed record AdapterModule(string Module, SafeTensorInfo A, SafeTensorInfo B, SafeTensorInfo? Magnitude = null);

/// <summary>The tensors of one adapted projection.</summary>
/// <param name="Module">As in <see cref="AdapterModule"/>.</param>
/// <param name="A">[R, in].</param>
/// <param name="B">[out, R].</param>
/// <param name="Magnitude">[out]; null without DoRA.</param>
public sealed record AdapterMatrices(string Module, Tensor A, Tensor B, Tensor? Magnitude = null);

/// <summary>A LoRA adapter in PEFT's format: adapter_config.json and adapter_model.safetensors with PEFT's tensor names,
/// "base_model.model." + module + ".lora_A.weight", ".lora_B.weight" and, of DoRA, ".lora_magnitude_vector".</summary>
public sealed class AdapterFolder : IDisposable
{
    /// <summary>The weights' file name.</summary>
    public const string WeightsFile = "adapter_model.safetensors";

    private const string Prefix = "base_model.model.";
    private const string SuffixA = ".lora_A.weight", SuffixB = ".lora_B.weight", SuffixMagnitude = ".lora_magnitude_vector";

    private readonly SafeTensorsFile file;

    private AdapterFolder(string folder, AdapterConfig config, SafeTensorsFile file)
    {
        Path = folder;
        Config = config;
        this.file = file;
        Modules = Pair(config, file);
    }

    /// <summary>The folder as it was given.</summary>
    public string Path { get; }

    /// <summary>The adapter's options.</summary>
    public AdapterConfig Config { get; }

    /// <summary>The adapted projections, by name.</summary>
    public IReadOnlyList<AdapterModule> Modules { get; }

    /// <summary>Whether a folder holds an adapter.</summary>
    /// <param name="folder">The folder.</param>
    public static bool IsAdapter(string folder) => File.Exists(System.IO.Path.Combine(folder, AdapterConfig.FileName));

    /// <summary>Opens an adapter and checks options, names, pairs and shapes.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="CheckpointException">A file is missing or not valid, an option is not supported, a tensor has an unknown name, lacks its
    /// partner or has another rank than the options say.</exception>
    public static AdapterFolder Open(string folder)
    {
        if (!Directory.Exists(folder))
            throw new CheckpointException("no such folder. Check the path.", folder);
        var configFile = System.IO.Path.Combine(folder, AdapterConfig.FileName);
        var config = AdapterConfigJson.Read(JsonFile.Read(configFile), configFile);
        var weights = System.IO.Path.Combine(folder, WeightsFile);
        if (!File.Exists(weights))
            throw new CheckpointException($"holds no {WeightsFile}. Adapters saved as .bin cannot be read: save them as safetensors.", folder);
        var file = SafeTensorsFile.Open(weights);
        try
        {
            return new AdapterFolder(folder, config, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Copies the two matrices of a projection out of the file. They belong to the caller.</summary>
    /// <param name="module">One of <see cref="Modules"/>.</param>
    /// <param name="dtype">The element type to give; null keeps the file's.</param>
    /// <param name="device">Where to put them; null is the CPU.</param>
    /// <returns>A [R, in] and B [out, R].</returns>
    public (Tensor A, Tensor B) Read(AdapterModule module, ScalarType? dtype = null, Device? device = null)
    {
        var a = file.Read(module.A.Name, dtype, device);
        try
        {
            return (a, file.Read(module.B.Name, dtype, device));
        }
        catch
        {
            a.Dispose();
            throw;
        }
    }

    /// <summary>Copies one tensor of <see cref="Modules"/> out of the file, in its own type on the CPU. It belongs to the caller.</summary>
    public Tensor Read(SafeTensorInfo tensor) => file.Read(tensor.Name);

    /// <summary>Writes an adapter into a new folder, which appears only when it is complete.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="config">The adapter's options.</param>
    /// <param name="modules">The adapted projections; stored in their own types.</param>
    /// <param name="overwrite">Whether an existing adapter of that name may be replaced.</param>
    /// <exception cref="CheckpointException">The folder exists and may not be replaced, a matrix does not fit the rank, a module is not among the
    /// targets, or the disk is full.</exception>
    public static void Write(string folder, AdapterConfig config, IReadOnlyList<AdapterMatrices> modules, bool overwrite = false)
    {
        using var output = AtomicFolder.Create(folder, overwrite);
        WriteInto(output.Path, config, modules);
        output.Commit();
    }

    /// <summary>Writes an adapter's two files into an existing folder, such as one that is being built with other files beside.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="config">The adapter's options.</param>
    /// <param name="modules">The adapted projections, as for <see cref="Write"/>.</param>
    /// <exception cref="CheckpointException">A matrix does not fit the rank, a module is not among the targets, or the disk is full.</exception>
    public static void WriteInto(string folder, AdapterConfig config, IReadOnlyList<AdapterMatrices> modules)
    {
        var path = System.IO.Path.Combine(folder, WeightsFile);
        var tensors = new List<(string Name, Tensor Tensor)>();
        foreach (var (module, a, b, magnitude) in modules)
        {
            Check(config, module, a.shape, b.shape, magnitude?.shape, path);
            tensors.AddRange([(Prefix + module + SuffixA, a), (Prefix + module + SuffixB, b)]);
            if (magnitude is not null)
                tensors.Add((Prefix + module + SuffixMagnitude, magnitude));
        }
        using (var writer = SafeTensorsWriter.Create(path, tensors.Select(t => new SafeTensorEntry(t.Name, t.Tensor.dtype, t.Tensor.shape))))
        {
            foreach (var (name, tensor) in tensors)
                writer.Write(name, tensor);
            writer.Commit();
        }
        JsonFile.Write(System.IO.Path.Combine(folder, AdapterConfig.FileName), AdapterConfigJson.Format(config));
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => file.Dispose();

    private static List<AdapterModule> Pair(AdapterConfig config, SafeTensorsFile file)
    {
        foreach (var name in file.Names)
            if (!IsMatrix(name) && !(config.UseDora && IsNamed(name, SuffixMagnitude)))
                throw new CheckpointException($"is no LoRA matrix — expected {Prefix}MODULE{SuffixA} or {SuffixB}. The adapter holds more than LoRA, which is not supported.", file.Path, name);
        var modules = new List<AdapterModule>();
        foreach (var name in file.Names.Where(IsMatrix).Order(StringComparer.Ordinal))
        {
            var isA = name.EndsWith(SuffixA, StringComparison.Ordinal);
            var module = name[Prefix.Length..^SuffixA.Length];
            var partner = Prefix + module + (isA ? SuffixB : SuffixA);
            if (!file.Tensors.ContainsKey(partner))
                throw new CheckpointException($"its partner '{CheckpointException.Printable(partner)}' is missing. The adapter is incomplete.", file.Path, name);
            if (!isA)
                continue;
            var (a, b) = (file.Info(name), file.Info(partner));
            var magnitude = config.UseDora && file.Tensors.TryGetValue(Prefix + module + SuffixMagnitude, out var lengths) ? lengths : null;
            Check(config, module, a.Shape, b.Shape, magnitude?.Shape, file.Path);
            modules.Add(new AdapterModule(module, a, b, magnitude));
        }
        if (config.UseDora && file.Names.FirstOrDefault(name => IsNamed(name, SuffixMagnitude) && !modules.Any(m => Prefix + m.Module + SuffixMagnitude == name)) is { } alone)
            throw new CheckpointException("has no matrices beside it. The adapter is incomplete.", file.Path, alone);
        foreach (var target in config.TargetModules)
            if (!modules.Any(module => module.Module == target || module.Module.EndsWith("." + target, StringComparison.Ordinal)))
                throw new CheckpointException($"holds no matrix for '{CheckpointException.Printable(target)}', which {AdapterConfig.FileName} names as a target. The adapter is incomplete.", file.Path);
        return modules;
    }

    private static bool IsMatrix(string name) => IsNamed(name, SuffixA) || IsNamed(name, SuffixB);

    private static bool IsNamed(string name, string suffix) =>
        name.Length > Prefix.Length + suffix.Length && name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(suffix, StringComparison.Ordinal);

    private static void Check(AdapterConfig config, string module, long[] a, long[] b, long[]? magnitude, string path)
    {
        if (config.UseDora ? magnitude is not [var rows] || b.Length == 0 || rows != b[0] : magnitude is not null)
            throw new CheckpointException($"{SuffixMagnitude[1..]} is {(magnitude is null ? "missing" : $"[{string.Join(", ", magnitude)}]")} — expected [out] with use_dora and none without.", path, module);
        if (!config.Targets(module))
            throw new CheckpointException($"is not among the target_modules {string.Join(", ", config.TargetModules)}. Weights and options do not belong together.", path, module);
        if (a.Length != 2 || a[0] != config.Rank)
            throw new CheckpointException($"lora_A is [{string.Join(", ", a)}] — expected [{config.Rank}, in], the rank of {AdapterConfig.FileName}.", path, module);
        if (b.Length != 2 || b[1] != config.Rank)
            throw new CheckpointException($"lora_B is [{string.Join(", ", b)}] — expected [out, {config.Rank}], the rank of {AdapterConfig.FileName}.", path, module);
    }
}

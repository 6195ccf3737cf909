using static TorchSharp.torch;

namespace Liger.Checkpoints;

/// <summary>One adapted projection of an adapter folder: y = W x + scaling · B (A x).</summary>
/// <param name="Module">The projection's name in the base model, such as "model.layers.0.self_attn.q_proj".</param>
/// <param name="A">The tensor of A, [R, in].</param>
/// <param name="B">The tensor of B, [out, R].</param>
public sealed record AdapterModule(string Module, SafeTensorInfo A, SafeTensorInfo B);

/// <summary>A LoRA adapter in PEFT's format: adapter_config.json and adapter_model.safetensors with PEFT's tensor names,
/// "base_model.model." + module + ".lora_A.weight" and ".lora_B.weight".</summary>
public sealed class AdapterFolder : IDisposable
{
    /// <summary>The weights' file name.</summary>
    public const string WeightsFile = "adapter_model.safetensors";

    private const string Prefix = "base_model.model.";
    private const string SuffixA = ".lora_A.weight", SuffixB = ".lora_B.weight";

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

    /// <summary>Writes an adapter into a new folder, which appears only when it is complete.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="config">The adapter's options.</param>
    /// <param name="modules">The adapted projections: name in the base model, A [R, in], B [out, R]; stored in their own types.</param>
    /// <param name="overwrite">Whether an existing adapter of that name may be replaced.</param>
    /// <exception cref="CheckpointException">The folder exists and may not be replaced, a matrix does not fit the rank, a module is not among the
    /// targets, or the disk is full.</exception>
    public static void Write(string folder, AdapterConfig config, IReadOnlyList<(string Module, Tensor A, Tensor B)> modules, bool overwrite = false)
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
    public static void WriteInto(string folder, AdapterConfig config, IReadOnlyList<(string Module, Tensor A, Tensor B)> modules)
    {
        var path = System.IO.Path.Combine(folder, WeightsFile);
        var entries = new List<SafeTensorEntry>(modules.Count * 2);
        foreach (var (module, a, b) in modules)
        {
            Check(config, module, a.shape, b.shape, path);
            entries.Add(new SafeTensorEntry(Prefix + module + SuffixA, a.dtype, a.shape));
            entries.Add(new SafeTensorEntry(Prefix + module + SuffixB, b.dtype, b.shape));
        }
        using (var writer = SafeTensorsWriter.Create(path, entries))
        {
            foreach (var (module, a, b) in modules)
            {
                writer.Write(Prefix + module + SuffixA, a);
                writer.Write(Prefix + module + SuffixB, b);
            }
            writer.Commit();
        }
        JsonFile.Write(System.IO.Path.Combine(folder, AdapterConfig.FileName), AdapterConfigJson.Format(config));
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => file.Dispose();

    private static List<AdapterModule> Pair(AdapterConfig config, SafeTensorsFile file)
    {
        foreach (var name in file.Names)
            if (!IsMatrix(name))
                throw new CheckpointException($"is no LoRA matrix — expected {Prefix}MODULE{SuffixA} or {SuffixB}. The adapter holds more than LoRA, which is not supported.", file.Path, name);
        var modules = new List<AdapterModule>();
        foreach (var name in file.Names.Order(StringComparer.Ordinal))
        {
            var isA = name.EndsWith(SuffixA, StringComparison.Ordinal);
            var module = name[Prefix.Length..^SuffixA.Length];
            var partner = Prefix + module + (isA ? SuffixB : SuffixA);
            if (!file.Tensors.ContainsKey(partner))
                throw new CheckpointException($"its partner '{CheckpointException.Printable(partner)}' is missing. The adapter is incomplete.", file.Path, name);
            if (!isA)
                continue;
            var (a, b) = (file.Info(name), file.Info(partner));
            Check(config, module, a.Shape, b.Shape, file.Path);
            modules.Add(new AdapterModule(module, a, b));
        }
        foreach (var target in config.TargetModules)
            if (!modules.Any(module => module.Module == target || module.Module.EndsWith("." + target, StringComparison.Ordinal)))
                throw new CheckpointException($"holds no matrix for '{CheckpointException.Printable(target)}', which {AdapterConfig.FileName} names as a target. The adapter is incomplete.", file.Path);
        return modules;
    }

    private static bool IsMatrix(string name) =>
        name.Length > Prefix.Length + SuffixA.Length && name.StartsWith(Prefix, StringComparison.Ordinal) &&
        (name.EndsWith(SuffixA, StringComparison.Ordinal) || name.EndsWith(SuffixB, StringComparison.Ordinal));

    private static void Check(AdapterConfig config, string module, long[] a, long[] b, string path)
    {
        if (!config.Targets(module))
            throw new CheckpointException($"is not among the target_modules {string.Join(", ", config.TargetModules)}. Weights and options do not belong together.", path, module);
        if (a.Length != 2 || a[0] != config.Rank)
            throw new CheckpointException($"lora_A is [{string.Join(", ", a)}] — expected [{config.Rank}, in], the rank of {AdapterConfig.FileName}.", path, module);
        if (b.Length != 2 || b[1] != config.Rank)
            throw new CheckpointException($"lora_B is [{string.Join(", ", b)}] — expected [out, {config.Rank}], the rank of {AdapterConfig.FileName}.", path, module);
    }
}

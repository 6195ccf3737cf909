using Liger.Checkpoints;
using Liger.Models;
using Liger.Models.Mixers;
using Liger.Ops.Cuda;
using Liger.Text;
using Liger.Training;
using TorchSharp;

namespace Liger.Steps;

/// <summary>A checkpoint ready to compute with: graph, tokenizer, and the adapter on it where there is one.</summary>
internal sealed class LoadedModel : IDisposable
{
    // What concerns the machine is said once a process, however many models it opens.
    private static int saidOfKernels;

    private readonly CheckpointFolder folder;

    private LoadedModel(CheckpointFolder folder, CausalLM model, Tokenizer tokenizer) => (this.folder, Model, Tokenizer) = (folder, model, tokenizer);

    internal CausalLM Model { get; }

    internal Tokenizer Tokenizer { get; }

    internal HfConfig Config => folder.Config;

    internal CheckpointFolder Folder => folder;

    internal LoraAdapter? Adapter { get; private set; }

    /// <summary>Opens everything, cheapest first, so that what is wrong is said before the weights are read.</summary>
    /// <param name="options">What is opened, where and in which type.</param>
    /// <param name="observer">Told what the person should know of it.</param>
    /// <exception cref="LigerException">The tokenizer does not fit the model, or the device is not there.</exception>
    internal static LoadedModel Open(ModelOptions options, IStepObserver? observer = null)
    {
        var device = Placement.Device(options.Device);
        var dtype = Placement.Dtype(options.Dtype, device);
        var mixer = options.Mixer is null ? null : MixerPlan.FromMixerSpec(MixerSpec.Parse(options.Mixer));
        var folder = CheckpointFolder.Open(options.Checkpoint);
        try
        {
            var tokenizer = TokenizerFolder.Load(options.Checkpoint);
            CheckVocabulary(tokenizer, folder);
            // Opened twice, first to see what is wrong with it before the weights are read.
            if (options.Adapter is not null) AdapterFolder.Open(options.Adapter).Dispose();
            var loaded = new LoadedModel(folder, CausalLM.Load(folder, dtype, device, mixer), tokenizer);
            if (options.Adapter is not null) loaded.Adapter = Lora.Open(loaded.Model, options.Adapter);
            loaded.Adapter?.Freeze();
            if (options.Adapter is not null && AdapterMixer.Difference(options.Adapter, loaded.Model.Plan) is { } difference)
                observer?.Say($"note: {difference}");
            if (device.type == DeviceType.CUDA && CudaKernels.Status is { Available: false, Reason: var reason } && Interlocked.Exchange(ref saidOfKernels, 1) == 0)
                observer?.Say($"note: the project's CUDA kernels do not run here, slower operations take their place — {reason}");
            return loaded;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Says when a tokenizer has ids that the model has no row for; spare rows in the model, and special tokens
    /// that were added and never trained, are common and harmless.</summary>
    internal static void CheckVocabulary(Tokenizer tokenizer, CheckpointFolder folder)
    {
        var rows = folder.Config.VocabSize;
        for (var id = rows; id < tokenizer.VocabularySize; id++)
            if (tokenizer.IdToToken(id) is { } token && !tokenizer.IsSpecial(id))
                throw new LigerException(
                    $"{folder.Path}: tokenizer and model do not belong together — expected at most {rows} tokens (vocab_size), got {tokenizer.VocabularySize}: token {id} ('{token}') has no row. Copy the tokenizer files of the model that was converted.",
                    ExitCode.WrongUse);
    }

    public void Dispose()
    {
        Adapter?.Dispose();
        Model.Dispose();
        folder.Dispose();
    }
}

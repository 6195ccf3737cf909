using System.Diagnostics;
using Liger.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Steps;

/// <summary>
/// Merges an adapter into its checkpoint: W + scaling·B·A in fp32, rounded once to the type W is stored in; every other tensor is
/// copied byte by byte. The written folder is then loaded and its logits compared with those of checkpoint + adapter.
/// </summary>
/// <param name="options">Which adapter into which checkpoint, and where to.</param>
public sealed class ExportStep(ExportOptions options)
{
    /// <summary>The report's file name in the exported folder.</summary>
    public const string ReportFile = "export.json";

    private const int SliceLength = 1 << 26;

    /// <summary>Merges, writes and compares. Nothing is left under the final name when it fails.</summary>
    /// <param name="observer">Told how it gets on.</param>
    /// <param name="stop">Stops between tensors.</param>
    /// <exception cref="LigerException">The logits differ by more than the tolerance.</exception>
    public ExportResult Run(IStepObserver observer, CancellationToken stop = default)
    {
        var started = Stopwatch.GetTimestamp();
        CheckpointCopy.CheckApart(options.Model.Checkpoint, options.To);
        CheckpointCopy.CheckApart(options.Model.Adapter!, options.To);
        using var output = AtomicFolder.Create(options.To, options.Overwrite);
        using var grad = torch.no_grad();
        using var probe = LogitProbe.Create(options.Model);
        int merged, all;
        ScalarType stored;
        using (var model = LoadedModel.Open(options.Model, observer))
        {
            observer.Report(new StepProgress("comparing", 0, 2));
            probe.Remember(model.Model);
            stored = model.Folder.Info(model.Adapter!.Parameters[0].Name.Replace(".lora_A", "", StringComparison.Ordinal)).Dtype;
            (merged, all) = Write(model, output.Path, observer, stop);
            CheckpointCopy.Files(options.Model.Checkpoint, CompanionFiles.Of(options.Model.Checkpoint).Prepend(HfConfig.FileName), output);
        }
        double difference;
        ScalarType computed;
        using (var written = LoadedModel.Open(options.Model with { Checkpoint = output.Path, Adapter = null }))
            (difference, computed) = (probe.Difference(written.Model), written.Model.Dtype);
        observer.Report(new StepProgress("comparing", 2, 2));
        var tolerance = options.Tolerance ?? LogitProbe.Tolerance(stored, computed);
        if (!(difference <= tolerance))
            throw new LigerException(
                FormattableString.Invariant($"{options.To}: the merged model differs from checkpoint + adapter — expected logits within {tolerance}, got a difference of {difference:g4}. Nothing was written; a checkpoint stored in float32 merges more exactly."),
                ExitCode.FailedAtWork);
        var result = new ExportResult
        {
            Folder = options.To,
            Checkpoint = options.Model.Checkpoint,
            Adapter = options.Model.Adapter!,
            MergedTensors = merged,
            CopiedTensors = all - merged,
            LargestLogitDifference = difference,
            Tolerance = tolerance,
            Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
        };
        ResultJson.Save(Path.Combine(output.Path, ReportFile), result, ResultJson.Default.ExportResult);
        output.Commit();
        return result;
    }

    private static (int Merged, int All) Write(LoadedModel model, string folder, IStepObserver observer, CancellationToken stop)
    {
        var source = model.Folder;
        var names = source.TensorNames;
        using var writer = CheckpointWriter.Create(folder, names.Select(source.Info).Select(info => new SafeTensorEntry(info.Name, info.Dtype, info.Shape)));
        var merged = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, weight) in model.Adapter!.MergedWeights())
        {
            using (weight)
            {
                stop.ThrowIfCancellationRequested();
                writer.Write(name, weight);
                merged.Add(name);
                observer.Report(new StepProgress("writing", merged.Count, names.Count));
            }
        }
        var done = merged.Count;
        foreach (var name in names.Where(name => !merged.Contains(name)))
        {
            stop.ThrowIfCancellationRequested();
            var length = source.Info(name).Length;
            for (long from = 0; from < length; from += SliceLength)
                writer.Write(name, source.Bytes(name, from, (int)Math.Min(SliceLength, length - from)));
            observer.Report(new StepProgress("writing", ++done, names.Count));
        }
        writer.Commit();
        return (merged.Count, names.Count);
    }
}

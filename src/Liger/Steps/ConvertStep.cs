using System.Diagnostics;
using Liger.Checkpoints;
using Liger.Models;
using Liger.Models.Conversion;
using Liger.Models.Mixers;
using static TorchSharp.torch;

namespace Liger.Steps;

/// <summary>
/// Replaces the attention of a checkpoint by a token mixer. The weight files are copied byte by byte (or linked), config.json gets
/// the published Liger model's type and fields and one section with every hyperparameter, and the tokenizer goes along. Where the places
/// that keep softmax are found by measuring, the report holds the ranking.
/// </summary>
/// <param name="options">What is converted, to what, and where to.</param>
public sealed class ConvertStep(ConvertOptions options)
{
    /// <summary>The report's file name in the converted folder.</summary>
    public const string ReportFile = "conversion.json";

    /// <summary>Converts. Nothing is left under the final name when it fails.</summary>
    /// <param name="observer">Told how it gets on.</param>
    /// <param name="stop">Stops before the folder gets its final name.</param>
    /// <exception cref="CheckpointException">The source is no checkpoint of a supported family, or the target cannot be written.</exception>
    /// <exception cref="ModelException">No such mixer, or options that do not fit the source.</exception>
    public ConvertResult Run(IStepObserver observer, CancellationToken stop = default)
    {
        var started = Stopwatch.GetTimestamp();
        using var source = CheckpointFolder.Open(options.Source);
        var mixers = options.Keep.Over(new MixerSpec(options.Mixer, options.MixerOptions), source.Config);
        var plan = Linearizer.Plan(source.Config, mixers);
        CheckpointCopy.CheckApart(options.Source, options.To);
        using var output = AtomicFolder.Create(options.To, options.Overwrite);
        using var choice = Chosen(mixers, source, observer, stop);
        if (choice is not null)
            plan = Linearizer.Plan(source.Config, mixers = choice.Plan);
        using var made = MixerSet.Create(source.Config, mixers);
        choice?.Scores?.Give(made);
        var declared = made.Parameters.Select(p => (p.Name, (Tensor)p.Parameter.Value)).ToList();
        var weights = CheckpointExtension.Copy(
            source, output, options.Link ? CopyMode.Link : CopyMode.Copy, declared, MixerSet.IsParameter, new CopyProgress(observer, source.TotalBytes, stop));
        CheckpointCopy.Files(options.Source, CompanionFiles.Of(options.Source), output);
        JsonFile.Write(Path.Combine(output.Path, HfConfig.FileName), plan.Config);
        var result = new ConvertResult
        {
            Folder = Path.GetFullPath(options.To),
            Source = Path.GetFullPath(options.Source),
            Mixer = mixers.ToString(),
            Keep = options.Keep,
            Ranking = choice?.Ranking,
            Budget = choice?.Budget,
            SourceModelType = source.Config.ModelType,
            ModelType = plan.ModelType,
            Linked = options.Link,
            Tensors = source.TensorNames.Count(name => !MixerSet.IsParameter(name)),
            NewParameters = declared.Sum(p => p.Item2.numel()),
            WeightBytes = weights.Sum(file => file.Length),
            Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
            Layers = [.. plan.Layers.Select(layer => new ConvertedLayer(layer.Layer, layer.Before, layer.After, layer.Note))],
        };
        ResultJson.Save(Path.Combine(output.Path, ReportFile), result, ResultJson.Default.ConvertResult);
        stop.ThrowIfCancellationRequested();
        output.Commit();
        return result with { Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds };
    }

    private MeasuredChoice? Chosen(MixerPlan plan, CheckpointFolder source, IStepObserver observer, CancellationToken stop)
    {
        if (options.Keep.Calibrate is null) return null;
        using var measured = new MeasuredPlaces(options, source, observer);
        return measured.Choose(plan, stop);
    }

    private sealed class CopyProgress(IStepObserver observer, long total, CancellationToken stop) : IProgress<long>
    {
        public void Report(long value)
        {
            stop.ThrowIfCancellationRequested();
            observer.Report(new StepProgress("copying", Math.Min(value, total), Math.Max(1, total)) { InBytes = true });
        }
    }
}

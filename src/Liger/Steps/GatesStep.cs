using System.Text;
using Liger.Checkpoints;
using Liger.Evaluation;
using Liger.Pictures;

namespace Liger.Steps;

/// <summary>Looks at a model's gates while it reads a text.</summary>
/// <param name="options">The model, and what it reads.</param>
public sealed class GatesStep(GatesOptions options)
{
    /// <summary>Looks; draws where that is asked for.</summary>
    /// <param name="observer">Told what the person should know.</param>
    /// <exception cref="EvaluationException">The text cannot be read.</exception>
    public GatesResult Run(IStepObserver observer)
    {
        if (options.Pictures is { } folder) OutputFolder.CheckWritable(folder);
        using var loaded = LoadedModel.Open(options.Model, observer);
        var (heads, tokens) = GateMeter.Measure(loaded.Model, EvaluationText.Read(loaded.Tokenizer, options.Text), options.Context, options.Windows);
        var result = new GatesResult
        {
            Checkpoint = options.Model.Checkpoint,
            Adapter = options.Model.Adapter,
            Mixer = loaded.Model.Plan.ToString(),
            Tokens = tokens,
            Context = options.Context,
            Heads = [.. heads.Select(h => new HeadFigures(h.Layer, h.KvHead, h.Mixer, RangeFigures.Of(h.HalfLife), RangeFigures.Of(h.WindowShare)))],
        };
        if (options.Pictures is { } to)
            foreach (var (name, chart) in GatesPictures.Of(result))
                AtomicFile.Write(Path.Combine(to, name), Encoding.UTF8.GetBytes(SvgChart.Write(chart)));
        return result;
    }
}

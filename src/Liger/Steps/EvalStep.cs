using Liger.Evaluation;
using Liger.Text;

namespace Liger.Steps;

/// <summary>Measures a model on a text: loss, likeness to an original, recall, speed and memory.</summary>
/// <param name="options">The model, and what it is measured on.</param>
public sealed class EvalStep(EvalOptions options)
{
    /// <summary>Measures.</summary>
    /// <param name="observer">Told how it gets on.</param>
    /// <param name="stop">Ends the work between two batches.</param>
    /// <exception cref="EvaluationException">The text is too short, a file cannot be read, or a loss is not finite.</exception>
    public EvalResult Run(IStepObserver observer, CancellationToken stop = default)
    {
        foreach (var file in (string?[])[options.Needles, options.Mqar])
            if (file is not null && !File.Exists(file))
                throw new LigerException($"{file}: there is no such file. Give recall cases, one JSON object a line.", ExitCode.WrongUse);
        using var records = options.Records is null ? null : RecordFile.Create(options.Records);
        using var loaded = LoadedModel.Open(options.Model, observer);
        var ids = EvaluationText.Read(loaded.Tokenizer, options.Text);
        using var original = options.Against is null ? null : LoadedModel.Open(options.Model with { Checkpoint = options.Against, Adapter = null, Mixer = null });

        var relay = new Relay(observer);
        var text = TextScoring.Score(
            loaded.Model, ids, new TextScoringOptions { Context = options.Context }, original?.Model, one => records?.Add(one), relay, stop);
        var needles = options.Needles is null ? null : NeedleScoring.Score(
            loaded.Model, NeedleFile.Read(options.Needles, loaded.Tokenizer), record: one => records?.Add(one), progress: relay, cancellation: stop);
        var mqar = options.Mqar is null ? null : AssociativeScoring.Score(
            loaded.Model, RecallFile.Read(options.Mqar, loaded.Tokenizer), record: one => records?.Add(one), progress: relay, cancellation: stop);
        var speed = options.Speed ? SpeedMeter.Measure(loaded.Model, new SpeedOptions { Context = options.Context }, relay, stop) : null;
        records?.Commit();
        return new EvalResult
        {
            Checkpoint = options.Model.Checkpoint,
            Adapter = options.Model.Adapter,
            Mixer = loaded.Model.Plan.ToString(),
            Dtype = loaded.Model.Dtype.ToString().ToLowerInvariant(),
            Device = loaded.Model.Device.ToString(),
            Loss = text.Loss,
            Perplexity = text.Perplexity,
            LossLow = text.LossInterval?.Low,
            LossHigh = text.LossInterval?.High,
            Tokens = text.Tokens,
            Windows = text.Windows,
            Context = text.Context,
            TokensPerSecond = text.Tokens / Math.Max(text.Seconds, double.Epsilon),
            StateBytes = StateSize.Of(loaded.Model, options.Context),
            Against = options.Against,
            Agreement = text.Original?.Agreement,
            KlDivergence = text.Original?.Divergence,
            AgreementLow = text.Original?.AgreementInterval?.Low,
            AgreementHigh = text.Original?.AgreementInterval?.High,
            KlLow = text.Original?.DivergenceInterval?.Low,
            KlHigh = text.Original?.DivergenceInterval?.High,
            GapLow = text.Original?.GapInterval?.Low,
            GapHigh = text.Original?.GapInterval?.High,
            OriginalLoss = text.Original?.Loss,
            Needles = Figures(needles),
            Mqar = mqar is null ? null : AssociativeFigures.Of(mqar),
            Decoding = Figures(speed),
        };
    }

    private static RecallFigures? Figures(NeedleScore? score) => score is null ? null : new RecallFigures(
        score.Accuracy, score.Cases, score.Correct,
        [.. score.Distances.Select(d => new RecallAtDistance(d.Distance, d.Cases, d.Correct, d.Accuracy, d.AccuracyInterval.Low, d.AccuracyInterval.High))]);

    private static DecodingFigures? Figures(SpeedScore? score) =>
        score is null ? null : new DecodingFigures(score.Context, score.Runs.Count, score.SecondsToFirstToken, score.DecodeTokensPerSecond);

    private sealed class Relay(IStepObserver observer) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) =>
            observer.Report(new StepProgress(value.Work, value.Done, value.Total) { Loss = value.Work == "text" ? value.Value : null });
    }
}

namespace Liger.Evaluation.Tests;

/// <summary>Keeps every progress report, on the thread that makes it.</summary>
internal sealed class Gathering : IProgress<EvaluationProgress>
{
    internal List<EvaluationProgress> Reports { get; } = [];

    public void Report(EvaluationProgress value) => Reports.Add(value);
}

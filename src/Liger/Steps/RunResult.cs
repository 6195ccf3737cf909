namespace Liger.Steps;

/// <summary>What all steps of a recipe gave; written as run.json into the run folder.</summary>
public sealed record RunResult
{
    /// <summary>The training.</summary>
    public required FinetuneResult Finetune { get; init; }

    /// <summary>The figures of the original, the converted and the restored model, in this order; empty when the recipe measures nothing.</summary>
    public required IReadOnlyList<NamedEvaluation> Evaluations { get; init; }

    /// <summary>The merged checkpoint; null when the recipe exports nothing.</summary>
    public ExportResult? Export { get; init; }

    /// <summary>The generated text; null when the recipe generates none.</summary>
    public GenerateResult? Generate { get; init; }
}

/// <summary>The figures of one model among several.</summary>
/// <param name="Name">original, converted or restored (without a conversion: original, trained).</param>
/// <param name="Figures">The figures.</param>
public sealed record NamedEvaluation(string Name, EvalResult Figures);

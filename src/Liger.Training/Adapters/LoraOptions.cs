namespace Liger.Training;

/// <summary>A low-rank adapter (LoRA). The defaults are those of the published Liger recipe, but for the targets.</summary>
/// <remarks>Source: Hu and others, "LoRA: Low-Rank Adaptation of Large Language Models".</remarks>
public sealed record LoraOptions
{
    /// <summary>Its rank R, 1 or more. Default 8.</summary>
    public int Rank { get; init; } = 8;

    /// <summary>Its strength: the update is scaled by alpha / rank. Above 0. Default 8.</summary>
    public double Alpha { get; init; } = 8;

    /// <summary>Share of the adapter's input that is dropped in training, 0 to below 1. Default 0.</summary>
    public double Dropout { get; init; }

    /// <summary>
    /// Last names of the projections that carry it. Default q_proj, k_proj, v_proj and o_proj, so that what a head with less in sight writes can
    /// be mended too; the published Liger recipe leaves o_proj out.
    /// </summary>
    public IReadOnlyList<string> Targets { get; init; } = ["q_proj", "k_proj", "v_proj", "o_proj"];

    /// <summary>Whether the update is scaled by alpha / √rank instead (rank-stabilised LoRA). Default false.</summary>
    public bool UseRsLora { get; init; }

    /// <summary>Whether each row of the adapted weight is brought to a length that is trained by itself (DoRA): W′ = m ∘ (W + s·B·A) / |W + s·B·A|, the
    /// length in the denominator counting as constant. Default false.</summary>
    /// <remarks>Source: Liu and others 2024, arXiv 2402.09353, sections 4.1 and 4.3. Differs: dropout falls on the low-rank addition alone, where PEFT
    /// lets it fall on the base's share of the change of length too.</remarks>
    public bool UseDora { get; init; }

    /// <summary>What B·A is multiplied by: alpha / rank, or alpha / √rank.</summary>
    public double Scale => Alpha / (UseRsLora ? Math.Sqrt(Rank) : Rank);

    /// <summary>Throws when a value is out of its range, with all problems at once.</summary>
    /// <exception cref="TrainingException">One or more values are out of range.</exception>
    public void Check()
    {
        var problems = new List<string>();
        if (Rank < 1) problems.Add($"rank: expected 1 or more, got {Rank}");
        if (!(Alpha > 0 && double.IsFinite(Alpha))) problems.Add($"alpha: expected above 0, got {Alpha}");
        if (!(Dropout is >= 0 and < 1)) problems.Add($"dropout: expected 0 to below 1, got {Dropout}");
        if (Targets.Count == 0) problems.Add("targets: expected at least one projection, got none");
        if (problems.Count > 0)
            throw new TrainingException($"LoRA options: {string.Join("; ", problems)}.");
    }
}

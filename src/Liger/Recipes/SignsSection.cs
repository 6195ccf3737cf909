namespace Liger.Recipes;

/// <summary>The keys of "train" and of stages that say what is measured at every validation beside the loss, and by what the best checkpoint is chosen.</summary>
public sealed record SignsSection
{
    internal const string Needles = "needles", Recall = "recall";

    private const int MostCases = 100_000;

    /// <summary>
    /// "best": the checkpoint kept as the best is that of the lowest validation loss (loss, the default), the lowest KL to the original (kl) or
    /// next-token loss (next_token) where they are measured, or the most cases answered (needles, recall); of equals the one of the lower loss.
    /// </summary>
    public string Best { get; init; } = "loss";

    /// <summary>"needles": recall cases (JSONL, or the same gzipped) to be answered at every validation; null is none.</summary>
    public string? NeedleFile { get; init; }

    /// <summary>"needle_cases": about how many of the file's cases, the same share of every distance; 0, the default, is all.</summary>
    public int NeedleCases { get; init; }

    /// <summary>"recall_cases": cases of each of four distances within the context, made as "data.recall" makes its windows but over held-out text; 0, the default, is none.</summary>
    public int RecallCases { get; init; }

    internal static SignsSection Bind(ISection s, SignsSection v)
    {
        var bound = new SignsSection
        {
            Best = s.Value("best", v.Best, Kind.Choice("loss", "kl", "next_token", Needles, Recall)),
            NeedleFile = s.Value("needles", v.NeedleFile, Kind.Maybe(Kind.Place)),
            NeedleCases = s.Value("needle_cases", v.NeedleCases, Kind.Whole(0, MostCases)),
            RecallCases = s.Value("recall_cases", v.RecallCases, Kind.Whole(0, MostCases)),
        };
        s.Check(bound.Best != Needles || bound.NeedleFile is not null, "best", "expected a file of cases, needles, beside best: needles");
        s.Check(bound.Best != Recall || bound.RecallCases > 0, "best", "expected recall_cases above 0 beside best: recall");
        return bound;
    }
}

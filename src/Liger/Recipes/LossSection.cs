using Liger.Training;

namespace Liger.Recipes;

/// <summary>What a stage of training lowers.</summary>
public enum LossKind
{
    /// <summary>The next-token loss (cross-entropy with the text).</summary>
    NextToken,

    /// <summary>KL to the original model's next-token probabilities (<see cref="Distillation"/>).</summary>
    Distill,

    /// <summary>The distance of each layer's attention output to the original's on the original's layer input (<see cref="Training.AttentionTransfer"/>).</summary>
    AttentionTransfer,

    /// <summary>How well learned key scores foresee the original's attention (<see cref="Training.KeyScores"/>).</summary>
    KeyScores,
}

/// <summary>The keys "loss" and those beside it that say more of it, in "train".</summary>
public sealed record LossSection
{
    private const double MostTemperature = 100;
    private const int MostTokens = 1 << 24;

    /// <summary>
    /// What is lowered. Default distill: it asks for the original back, whatever the text, and needs about a third of the tokens to restore as
    /// much of a windowed model as next-token, which the published Liger recipe has.
    /// </summary>
    public LossKind Kind { get; init; } = LossKind.Distill;

    /// <summary>Of distillation: temperature, share of the next-token loss, and how many of the teacher's tokens count.</summary>
    public DistillationOptions Distillation { get; init; } = new();

    internal static LossSection Bind(ISection s, LossSection l)
    {
        var o = l.Distillation;
        var bound = new LossSection
        {
            Kind = s.Value("loss", l.Kind, LossName),
            Distillation = new DistillationOptions
            {
                Temperature = s.Value("temperature", o.Temperature, Recipes.Kind.Number(0, MostTemperature, above: true)),
                CrossEntropy = s.Value("cross_entropy", o.CrossEntropy, Recipes.Kind.Number(0, 1)),
                TopK = s.Value("teacher_top_k", o.TopK, Recipes.Kind.Maybe(Recipes.Kind.Whole(1, MostTokens))),
            },
        };
        s.Check(bound.Kind == LossKind.Distill || bound.Distillation == new DistillationOptions(), "loss", "expected distill where temperature, cross_entropy or teacher_top_k is given");
        return bound;
    }

    private static Kind<LossKind> LossName { get; } = Recipes.Kind.Named(("next-token", LossKind.NextToken), ("distill", LossKind.Distill), ("attention-transfer", LossKind.AttentionTransfer), ("key-scores", LossKind.KeyScores));
}

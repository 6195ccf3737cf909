using Liger.Training;

namespace Liger.Recipes;

/// <summary>One stage of training: what is lowered, what is trained, for how long and how fast. The keys of "train" and of every entry of "stages".</summary>
public sealed record StageSection
{
    private const long MostSteps = 10_000_000, MostTokens = 1_000_000_000_000_000;
    private const double MostEpochs = 10_000, MostClip = 1_000_000;
    private const int MostRows = 65_536, MostBetween = 1_000_000, MostPatience = 10_000;

    /// <summary>What an entry of "stages" is called: letters, digits, - and _, once a recipe. Empty for "train".</summary>
    public string Name { get; init; } = "";

    /// <summary>What is lowered.</summary>
    public LossSection Loss { get; init; } = new();

    /// <summary>
    /// Length, portions, schedule, optimizer and seed. Default weight decay 0: a short run of few parameters has nothing to forget, and decay would
    /// shrink what mixers declare; the published Liger recipe has 0.01.
    /// </summary>
    public TrainerOptions Trainer { get; init; } = new() { Optimizer = new AdamWOptions { WeightDecay = 0 } };

    /// <summary>Whether the low-rank adapter is trained. Default true.</summary>
    public bool Lora { get; init; } = true;

    /// <summary>Whether the parameters that mixers declare are trained. Default false. Weight decay shrinks those too to which a loss gives no gradient, as learned
    /// key scores when logits are distilled.</summary>
    public bool MixerParameters { get; init; }

    /// <summary>Last names of projections that are trained in full; none of them may be a target of the adapter. Default none.</summary>
    public IReadOnlyList<string> Full { get; init; } = [];

    /// <summary>What of the adapter and beside it has a rate or weight decay of its own.</summary>
    public RatesSection Rates { get; init; } = new();

    /// <summary>What is measured at every validation beside the loss, and by what the best checkpoint is chosen.</summary>
    public SignsSection Signs { get; init; } = new();

    /// <summary>An entry of "stages" may have data of its own: the keys of "data", of which those that are left out are as there. Null: the recipe's.</summary>
    public DataSection? Data { get; init; }

    /// <summary>How many of steps, tokens and epochs are given.</summary>
    internal int Lengths => (Trainer.Steps is null ? 0 : 1) + (Trainer.Tokens is null ? 0 : 1) + (Trainer.Epochs is null ? 0 : 1);

    /// <summary>The keys of an entry of "stages".</summary>
    /// <param name="s">The entry.</param>
    /// <param name="stage">What is said for all stages.</param>
    /// <param name="data">The recipe's data.</param>
    internal static StageSection BindListed(ISection s, StageSection stage, DataSection data)
    {
        var name = s.Required("name", stage.Name, Kind.Words);
        s.Check(name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'), "name", $"expected letters, digits, - and _, got '{name}'");
        var bound = Bind(s, stage) with { Name = name, Data = s.Section("data", stage.Data, data, DataSection.Bind) };
        s.Check(bound.Lengths == 1, "", $"expected exactly one of steps, tokens and epochs, got {bound.Lengths}");
        bound.CheckTrained(s);
        return bound;
    }

    /// <summary>Notes a problem where nothing is trained.</summary>
    internal void CheckTrained(ISection s) => s.Check(Lora || MixerParameters || Full.Count > 0, "lora", "expected true where nothing else is trained");

    internal static StageSection Bind(ISection s, StageSection t)
    {
        var (o, signs) = (t.Trainer, SignsSection.Bind(s, t.Signs));
        var bound = new StageSection
        {
            Signs = signs,
            Loss = LossSection.Bind(s, t.Loss),
            Trainer = new TrainerOptions
            {
                Steps = s.Value("steps", o.Steps, Kind.Maybe(Kind.Long(1, MostSteps))),
                Tokens = s.Value("tokens", o.Tokens, Kind.Maybe(Kind.Long(1, MostTokens))),
                Epochs = s.Value("epochs", o.Epochs, Kind.Maybe(Kind.Number(0, MostEpochs, above: true))),
                Batch = s.Value("batch", o.Batch, Kind.Whole(1, MostRows)),
                Accumulation = s.Value("accumulation", o.Accumulation, Kind.Whole(1, MostRows)),
                Clip = s.Value("clip", o.Clip, Kind.Maybe(Kind.Number(0, MostClip, above: true))),
                Seed = s.Value("seed", o.Seed, Kind.Long(0, long.MaxValue)),
                ValidateEvery = s.Value("validate_every", o.ValidateEvery, Kind.Long(1, MostBetween)),
                SaveEvery = s.Value("save_every", o.SaveEvery, Kind.Long(1, MostBetween)),
                Best = signs.Best,
                Schedule = BindSchedule(s, o.Schedule),
                Optimizer = BindOptimizer(s, o.Optimizer),
            },
            Lora = s.Value("lora", t.Lora, Kind.Flag),
            MixerParameters = s.Value("mixer_parameters", t.MixerParameters, Kind.Flag),
            Full = s.Value("full", t.Full, Kind.ListOf(Kind.Choice(LoraSection.Projections), mayBeEmpty: true)),
            Rates = RatesSection.Bind(s, t.Rates),
        };
        s.Check(bound.Trainer.Schedule.LowestLearningRate <= bound.Trainer.Schedule.LearningRate, "min_lr", "expected at most lr");
        return bound;
    }

    private static ScheduleOptions BindSchedule(ISection s, ScheduleOptions o) => new()
    {
        LearningRate = s.Value("lr", o.LearningRate, Kind.Number(0, 1, above: true)),
        Kind = s.Value("schedule", o.Kind, ScheduleName),
        Warmup = s.Value("warmup", o.Warmup, Kind.Long(0, MostSteps)),
        LowestLearningRate = s.Value("min_lr", o.LowestLearningRate, Kind.Number(0, 1)),
        PlateauFactor = s.Value("plateau_factor", o.PlateauFactor, Kind.Number(0, Math.BitDecrement(1.0), above: true)),
        PlateauPatience = s.Value("plateau_patience", o.PlateauPatience, Kind.Whole(0, MostPatience)),
        PlateauThreshold = s.Value("plateau_threshold", o.PlateauThreshold, Kind.Number(0, 1)),
    };

    private static AdamWOptions BindOptimizer(ISection s, AdamWOptions o) => new()
    {
        WeightDecay = s.Value("weight_decay", o.WeightDecay, Kind.Number(0, 1)),
        Beta1 = s.Value("beta1", o.Beta1, Kind.Number(0, Math.BitDecrement(1.0))),
        Beta2 = s.Value("beta2", o.Beta2, Kind.Number(0, Math.BitDecrement(1.0))),
        Epsilon = s.Value("epsilon", o.Epsilon, Kind.Number(0, 1, above: true)),
        DecayVectors = s.Value("decay_vectors", o.DecayVectors, Kind.Flag),
    };

    private static Kind<ScheduleKind> ScheduleName { get; } = Kind.Named(
        ("cosine", ScheduleKind.Cosine), ("constant", ScheduleKind.Constant), ("plateau", ScheduleKind.Plateau));
}

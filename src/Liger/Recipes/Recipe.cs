using Liger.Training;

namespace Liger.Recipes;

/// <summary>One experiment, complete: which model, which token mixer, which data, how it is trained, measured and exported.</summary>
/// <remarks>Read and written by <see cref="RecipeFile"/>. Every path in it is absolute.</remarks>
public sealed record Recipe
{
    /// <summary>What the run is called. Default: the recipe's file name without its extension.</summary>
    public string Name { get; init; } = "";

    /// <summary>Where the run writes. Default: runs/NAME under the working directory.</summary>
    public string RunFolder { get; init; } = "";

    /// <summary>The checkpoint to start from.</summary>
    public ModelSection Model { get; init; } = new();

    /// <summary>The token mixer to convert to; null trains the checkpoint as it is.</summary>
    public MixerSection? Mixer { get; init; }

    /// <summary>What is trained on.</summary>
    public DataSection Data { get; init; } = new();

    /// <summary>The low-rank adapter that is trained.</summary>
    public LoraOptions Lora { get; init; } = new();

    /// <summary>How it is trained.</summary>
    public TrainSection Train { get; init; } = new();

    /// <summary>Stages of training, one after the other on the same adapter; empty where "train" is the only one.</summary>
    public IReadOnlyList<StageSection> Stages { get; init; } = [];

    /// <summary>What is trained, stage by stage, whether the recipe lists stages or not.</summary>
    internal IReadOnlyList<StageSection> AllStages => Stages.Count > 0 ? Stages : [Train.Stage];

    /// <summary>The data of one of the stages.</summary>
    internal DataSection DataOf(StageSection stage) => stage.Data ?? Data;

    /// <summary>How the result is measured; null measures nothing.</summary>
    public EvalSection? Eval { get; init; }

    /// <summary>How adapter and model are merged; null exports nothing.</summary>
    public ExportSection? Export { get; init; }

    /// <summary>What is generated at the end, to look at; null generates nothing.</summary>
    public GenerateSection? Generate { get; init; }

    internal static Recipe Bind(ISection s, Recipe r)
    {
        var bound = new Recipe
        {
            Name = s.Value(RecipeFile.NameKey, r.Name, Kind.Words),
            RunFolder = s.Value("run_folder", r.RunFolder, Kind.Place),
            Model = s.Section("model", r.Model, r.Model, ModelSection.Bind)!,
            Mixer = s.Section("mixer", r.Mixer, new MixerSection(), MixerSection.Bind),
            Data = s.Section("data", r.Data, r.Data, DataSection.Bind)!,
            Lora = s.Section("lora", r.Lora, r.Lora, LoraSection.Bind) ?? r.Lora,
            Train = s.Section("train", r.Train, r.Train, (train, value) => TrainSection.Bind(train, value, s.Has("stages")))!,
        };
        var stages = s.Sections("stages", r.Stages, bound.Train.Stage, (stage, value) => StageSection.BindListed(stage, value, bound.Data));
        s.Check(stages.DistinctBy(stage => stage.Name).Count() == stages.Count, "stages", "two stages have the same name; expected one of its own for each");
        var full = stages.Append(bound.Train.Stage).SelectMany(stage => stage.Full);
        s.Check(!bound.Lora.Targets.Intersect(full).Any(), "lora", $"targets: expected none that is trained in full, got {string.Join(", ", bound.Lora.Targets.Intersect(full))}");
        return bound with
        {
            Stages = stages,
            Eval = s.Section("eval", r.Eval, new EvalSection(), EvalSection.Bind),
            Export = s.Section("export", r.Export, new ExportSection(), ExportSection.Bind),
            Generate = s.Section("generate", r.Generate, new GenerateSection(), GenerateSection.Bind),
        };
    }
}

using Liger.Recipes;

namespace Liger.Steps;

/// <summary>All steps of a recipe: convert, finetune, eval, export, generate; those that it has a section for.</summary>
/// <param name="options">The experiment, and what happens to a run that lies there already.</param>
public sealed class RunStep(FinetuneOptions options)
{
    /// <summary>The report's file name in the run folder.</summary>
    public const string ReportFile = "run.json";

    private Recipe Recipe => options.Recipe;

    /// <summary>Runs them one after the other.</summary>
    /// <param name="observer">Told how they get on.</param>
    /// <param name="stop">Stops; a training that was stopped is saved and no later step is run.</param>
    public RunResult Run(IStepObserver observer, CancellationToken stop = default)
    {
        var trained = new FinetuneStep(options).Run(observer, stop);
        if (trained.Cancelled) return new RunResult { Finetune = trained, Evaluations = [] };
        var model = Model(trained.Checkpoint) with { Adapter = trained.Adapter };
        var evaluations = Evaluate(trained, observer, stop);
        ExportResult? exported = null;
        if (Recipe.Export is { } export)
        {
            observer.Say("exporting");
            var to = export.To ?? Path.Combine(Recipe.RunFolder, RunLayout.Exported);
            exported = new ExportStep(new ExportOptions { Model = model, To = to, Tolerance = export.Tolerance, Overwrite = options.Overwrite || options.Resume }).Run(observer, stop);
        }
        var generated = Recipe.Generate is not { } generate ? null : new GenerateStep(new GenerateOptions
        {
            Model = exported is null ? model : Model(exported.Folder),
            Prompt = generate.Prompt,
            MaxTokens = generate.MaxTokens,
        }).Run(_ => { }, stop);
        var result = new RunResult { Finetune = trained, Evaluations = evaluations, Export = exported, Generate = generated };
        ResultJson.Save(Path.Combine(Recipe.RunFolder, ReportFile), result, ResultJson.Default.RunResult);
        return result;
    }

    private List<NamedEvaluation> Evaluate(FinetuneResult trained, IStepObserver observer, CancellationToken stop)
    {
        var results = new List<NamedEvaluation>();
        if (Recipe.Eval is not { } eval) return results;
        var original = Model(Recipe.Model.Path);
        var isConverted = trained.Checkpoint != Recipe.Model.Path;
        Add("original", original, against: null);
        if (isConverted) Add("converted", Model(trained.Checkpoint), Recipe.Model.Path);
        Add(isConverted ? "restored" : "trained", Model(trained.Checkpoint) with { Adapter = trained.Adapter }, Recipe.Model.Path);
        return results;

        void Add(string name, ModelOptions model, string? against)
        {
            observer.Say($"measuring the {name} model");
            results.Add(new NamedEvaluation(name, new EvalStep(new EvalOptions
            {
                Model = model,
                Against = eval.Against ? against : null,
                Text = eval.Text,
                Needles = eval.Needles,
                Mqar = eval.Mqar,
                Context = eval.Context,
            }).Run(observer, stop)));
        }
    }

    private ModelOptions Model(string checkpoint) => new() { Checkpoint = checkpoint, Dtype = Recipe.Train.Dtype, Device = Recipe.Train.Device };
}

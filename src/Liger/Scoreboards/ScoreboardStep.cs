using Liger.Checkpoints;
using Liger.Models.Mixers;
using Liger.Ops.Cuda;
using Liger.Recipes;
using Liger.Steps;
using TorchSharp;

namespace Liger.Scoreboards;

/// <summary>
/// Measures the original model, experiments, and beside each of these the original under an untrained window that keeps no more bytes: all on
/// the same text, cases and context.
/// </summary>
/// <param name="options">The experiments, and how they are measured.</param>
public sealed class ScoreboardStep(ScoreboardOptions options)
{
    private readonly RunEnvironment machine = RunEnvironment.Current();

    private Recipe First => options.Recipes[0];

    /// <summary>Measures everything, recipe by recipe; trains each first where that is wanted.</summary>
    /// <param name="observer">Told how it gets on.</param>
    /// <param name="record">Given the scoreboard so far after each recipe, so that a later one that fails takes nothing along.</param>
    /// <param name="stop">Ends the work; a training that is going on is saved.</param>
    /// <exception cref="LigerException">Figures could not be compared, two experiments have one name, or one has not been run.</exception>
    public ScoreboardResult Run(IStepObserver observer, Action<ScoreboardResult> record, CancellationToken stop = default)
    {
        var basis = Basis();
        using var original = CheckpointFolder.Open(First.Model.Path);
        var elementSize = MemoryFigures.ElementSize(original);
        foreach (var recipe in options.Recipes) FinishedRun.Check(recipe, options.Train);
        var rows = new RowSet(options.Earlier);
        rows.AddMissing("original", () => Measured(RowKind.Original, "original", original.Path, null));
        foreach (var recipe in options.Recipes)
        {
            var run = FinishedRun.Of(recipe, observer, stop);
            var plan = MixerPlan.Of(HfConfig.Load(run.Converted));
            var window = EqualWindow.Find(original.Config, plan, basis.Context, elementSize);
            if (window is not null)
                rows.AddMissing(window.Name, () => Measured(RowKind.Window, window.Name, original.Path, null, window.Text));
            if (options.Untrained)
                rows.Replace(Measured(RowKind.Untrained, $"{recipe.Name}, untrained", run.Converted, null) with { WindowBeside = window?.Name });
            rows.Replace(Measured(RowKind.Trained, recipe.Name, run.Converted, run.Adapter) with { WindowBeside = window?.Name, Training = run.Training });
            record(SoFar());
        }
        return SoFar();

        ScoreboardResult SoFar() => new() { Name = options.Name ?? basis.Model, Basis = basis, Rows = rows.InOrder() };

        ScoreboardRow Measured(RowKind kind, string name, string checkpoint, string? adapter, string? mixer = null)
        {
            observer.Say($"measuring {name}");
            var model = new ModelOptions { Checkpoint = checkpoint, Adapter = adapter, Mixer = mixer, Device = options.Device, Dtype = options.Dtype };
            var eval = First.Eval!;
            var result = new EvalStep(new EvalOptions
            {
                Model = model,
                Against = kind == RowKind.Original ? null : original.Path,
                Text = eval.Text,
                Needles = eval.Needles,
                Mqar = eval.Mqar,
                Context = eval.Context,
                Speed = true,
            }).Run(observer, stop);
            MixerPlan plan = mixer is null ? MixerPlan.Of(HfConfig.Load(checkpoint)) : MixerSpec.Parse(mixer);
            return new ScoreboardRow
            {
                Name = name,
                Kind = kind,
                Mixer = result.Mixer,
                Figures = RowFigures.Of(result),
                Memory = RowMemory.Of(original.Config, plan, eval.Context, elementSize),
                Commit = machine.Commit,
                At = TimeProvider.System.GetUtcNow(),
            };
        }
    }

    /// <summary>What all experiments, and the rows of an earlier scoreboard, share.</summary>
    private ScoreboardBasis Basis()
    {
        var device = Placement.Device(options.Device);
        var card = device.type == DeviceType.CUDA && CudaKernels.Status.Card is { } name ? name : device.type == DeviceType.CUDA ? device.ToString() : machine.Processor;
        var dtype = Placement.Dtype(options.Dtype, device)?.ToString().ToLowerInvariant() ?? "as stored";
        var basis = ScoreboardBasis.Of(First, dtype, card);
        foreach (var recipe in options.Recipes.Skip(1))
            if (basis.Difference(ScoreboardBasis.Of(recipe, dtype, card)) is { } difference)
                throw new LigerException($"{recipe.Name}: its figures could not be compared with those of {First.Name}: {difference}. Give both the same section eval, or override it behind the recipes with eval.text=FILE and the like.", ExitCode.WrongUse);
        if (options.Earlier is { } earlier && earlier.Basis.Difference(basis) is { } other)
            throw new LigerException($"{earlier.Name}: figures could not be compared with those of the earlier scoreboard: {other}. Give it another name with --name, or start it afresh with --overwrite.", ExitCode.WrongUse);
        if (options.Recipes.GroupBy(recipe => recipe.Name).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new LigerException($"{twice.Key}: {twice.Count()} experiments have this name — expected one. Set 'name' in the recipes, or give run folders of different names.", ExitCode.WrongUse);
        return basis;
    }
}

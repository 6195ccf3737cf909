using Liger.Checkpoints;
using Liger.Models;
using Liger.Models.Mixers;
using Liger.Steps;

namespace Liger.Recipes;

/// <summary>The section "mixer": what takes the place of softmax attention. Its keys besides the name are the mixer's own options, in snake_case.</summary>
public sealed record MixerSection
{
    /// <summary>The token mixer's name ("liger list mixers" shows them all).</summary>
    public string Name { get; init; } = "";

    /// <summary>The mixer's options by kebab-case name, all of them, defaults filled in.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>Where softmax stays, and windows within a budget.</summary>
    public KeptPlaces Keep { get; init; } = new();

    /// <summary>Mixers and options as a model of these sizes takes them.</summary>
    /// <exception cref="ModelException">A place that the model does not have.</exception>
    public MixerPlan Plan(HfConfig config) => Keep.Over(new MixerSpec(Name, Options), config);

    internal static MixerSection Bind(ISection s, MixerSection m)
    {
        var name = s.Required("name", m.Name, Kind.Words);
        var keep = KeepOf(s, m.Keep);
        var kind = MixerCatalog.All.FirstOrDefault(known => known.Name == name);
        s.Check(kind is not null || name.Length == 0, "name", $"unknown mixer '{name}'; {Nearest(name, MixerCatalog.All.Select(known => known.Name))}");
        if (kind is null)
        {
            s.Rest(new Dictionary<string, string>());
            return new MixerSection { Name = name, Keep = keep };
        }
        var given = s.Rest(kind.Complete(m.Options).ToDictionary(pair => Snake(pair.Key), pair => pair.Value));
        var options = new Dictionary<string, string>();
        foreach (var (key, text) in given)
        {
            var option = kind.Options.FirstOrDefault(known => Snake(known.Name) == key);
            s.Check(option is not null, key, $"unknown key; {Nearest(key, kind.Options.Select(known => Snake(known.Name)))}");
            if (option is not null && Checked(s, kind, option, key, text) is { } value) options[option.Name] = value;
        }
        return new MixerSection { Name = name, Options = kind.Complete(options), Keep = keep };
    }

    private static KeptPlaces KeepOf(ISection s, KeptPlaces k)
    {
        var keep = new KeptPlaces
        {
            Layers = s.Value("keep_layers", k.Layers, Kind.ListOf(Kind.Whole(0, int.MaxValue), mayBeEmpty: true)),
            Every = s.Value("keep_every", k.Every, Kind.Maybe(Kind.Whole(2, int.MaxValue))),
            Heads = s.Value("keep_heads", k.Heads, Kind.ListOf(Kind.Head, mayBeEmpty: true)),
            As = s.Value("keep_as", k.As, Kind.Words),
            BestHeads = s.Value("keep_best_heads", k.BestHeads, Kind.Maybe(Kind.Whole(1, int.MaxValue))),
            BestLayers = s.Value("keep_best_layers", k.BestLayers, Kind.Maybe(Kind.Whole(1, int.MaxValue))),
            Budget = s.Value("budget", k.Budget, Kind.Maybe(Kind.Words)),
            BudgetWindows = s.Value("budget_windows", k.BudgetWindows, Kind.ListOf(Kind.Whole(1, KeptPlaces.MostWindow), mayBeEmpty: true)),
            BudgetKeys = s.Value("budget_keys", k.BudgetKeys, Kind.ListOf(Kind.Whole(1, KeptPlaces.MostKeys), mayBeEmpty: true)),
            BudgetMemory = s.Value("budget_memory", k.BudgetMemory, Kind.ListOf(Kind.Whole(1, KeptPlaces.MostRank), mayBeEmpty: true)),
            BudgetMemoryAs = s.Value("budget_memory_as", k.BudgetMemoryAs, Kind.Words),
            BudgetSoftmax = s.Value("budget_softmax", k.BudgetSoftmax, Kind.Maybe(Kind.Whole(1, KeptPlaces.MostLength))),
            BudgetRounds = s.Value("budget_rounds", k.BudgetRounds, Kind.Whole(1, KeptPlaces.MostRounds)),
            Calibrate = s.Value("calibrate", k.Calibrate, Kind.Maybe(Kind.Place)),
            CalibrateTokens = s.Value("calibrate_tokens", k.CalibrateTokens, Kind.Whole(96, 1 << 24)),
            CalibrateRecall = s.Value("calibrate_recall", k.CalibrateRecall, Kind.Maybe(Kind.Place)),
            CalibrateNames = s.Value("calibrate_names", k.CalibrateNames, Kind.Maybe(Kind.Place)),
            CalibrateLists = s.Value("calibrate_lists", k.CalibrateLists, Kind.Maybe(Kind.Number(0, 1))),
        };
        if (keep.Conflict is { } conflict) s.Check(false, "", conflict);
        return keep;
    }

    private static string? Checked(ISection s, MixerKind kind, MixerOption option, string key, string text)
    {
        try
        {
            return option.Check(kind.Name, text);
        }
        catch (ModelException error)
        {
            s.Check(false, key, error.Message);
            return null;
        }
    }

    private static string Nearest(string name, IEnumerable<string> known) =>
        NearestName.Find(name, known) is { } nearest ? $"nearest known: {nearest}" : $"known: {string.Join(", ", known)}";

    private static string Snake(string kebab) => kebab.Replace('-', '_');
}

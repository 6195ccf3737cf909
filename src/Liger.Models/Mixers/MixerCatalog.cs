using System.Reflection;

namespace Liger.Models.Mixers;

/// <summary>All mixers by name. A class with a <see cref="TokenMixerAttribute"/> in this assembly is here without any other edit.</summary>
public static class MixerCatalog
{
    private const string HybridPrefix = "liger-";

    private static readonly SortedDictionary<string, MixerKind> Kinds = new(StringComparer.Ordinal);

    static MixerCatalog()
    {
        foreach (var type in typeof(MixerCatalog).Assembly.GetTypes().Where(t => t.IsDefined(typeof(TokenMixerAttribute))))
            Register(type);
    }

    /// <summary>Every mixer, by name.</summary>
    public static IReadOnlyList<MixerKind> All => [.. Kinds.Values];

    /// <summary>Adds a mixer from outside of this assembly and, if it is a recurrence, the hybrid that puts it behind a window.</summary>
    /// <exception cref="ModelException">The class is not one that <see cref="TokenMixerAttribute"/> describes, or the name is taken.</exception>
    public static void Register(Type type)
    {
        var attribute = type.GetCustomAttribute<TokenMixerAttribute>()
            ?? throw new ModelException($"mixer {type.Name}: expected a {nameof(TokenMixerAttribute)}.");
        var constructor = type.GetConstructors() is [var only] && only.GetParameters() is [_, .., { ParameterType: var last }] && last == typeof(MixerShape)
            ? only
            : throw new ModelException($"mixer {type.Name}: expected one public constructor (options, …, {nameof(MixerShape)}).");
        var groups = constructor.GetParameters().SkipLast(1).Select(p => new OptionGroup(p.ParameterType));
        var kind = new MixerKind(attribute.Name, attribute.Summary, attribute.Source, [.. groups],
            (bound, shape) => Construct(() => (TokenMixer)constructor.Invoke([.. bound, shape])))
        { Formula = attribute.Formula };
        Add(kind);
        if (type.IsSubclassOf(typeof(RecurrentMixer)))
            Add(Hybrid(kind));
    }

    /// <summary>The mixer of a name.</summary>
    /// <exception cref="ModelException">There is none; the message lists those there are.</exception>
    public static MixerKind Find(string name) => Kinds.TryGetValue(name, out var kind)
        ? kind
        : throw new ModelException($"mixer: unknown name '{name}' — expected one of {string.Join(", ", Kinds.Keys)}.");

    private static MixerKind Hybrid(MixerKind recurrence) => new(
        HybridPrefix + recurrence.Name,
        $"window and {recurrence.Name}, mixed",
        $"Lan et al. 2025, arXiv 2503.01496, eq. 10; {recurrence.Source}",
        [new OptionGroup(typeof(MixOptions)), new OptionGroup(typeof(WindowOptions)), new OptionGroup(typeof(CacheOptions)), .. recurrence.Groups],
        (bound, shape) =>
        {
            var (mix, window, cache) = ((MixOptions)bound[0], (WindowOptions)bound[1], (CacheOptions)bound[2]);
            var far = recurrence.Make([.. bound.Skip(3)], shape);
            return new LigerMixer(mix, new WindowMixer(window, cache, shape), mix.CoversWindow ? far : new DelayedMixer((RecurrentMixer)far, window, cache, bound, shape), shape);
        })
    { Formula = recurrence.Formula.Length == 0 ? "" : $"mix · window + (1 − mix) · o_t; {recurrence.Formula}" };

    private static void Add(MixerKind kind)
    {
        if (!Kinds.TryAdd(kind.Name, kind))
            throw new ModelException($"mixer {kind.Name}: the name is taken.");
    }

    private static TokenMixer Construct(Func<TokenMixer> make)
    {
        try
        {
            return make();
        }
        catch (TargetInvocationException e) when (e.InnerException is ModelException inner)
        {
            throw inner;
        }
    }
}

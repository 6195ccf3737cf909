using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Liger.Checkpoints;

namespace Liger.Models.Mixers;

/// <summary>The choice of a mixer and its options, as recipes and config.json hold it.</summary>
/// <param name="Name">A name in <see cref="MixerCatalog"/>.</param>
/// <param name="Options">Option values by kebab-case name; what is missing has its default.</param>
public sealed record MixerSpec(string Name, IReadOnlyDictionary<string, string> Options)
{
    private const string NameField = "mixer";

    /// <summary>The original attention.</summary>
    public static MixerSpec Softmax { get; } = new("softmax", new Dictionary<string, string>());

    /// <summary>Whether this is the original attention as it is, with all its bits.</summary>
    public bool IsSoftmax => Name == Softmax.Name && SameAs(Softmax);

    /// <summary>Reads "NAME option=value …", options in kebab-case.</summary>
    /// <exception cref="ModelException">It is not written so, or an unknown name or option, or a value out of range.</exception>
    public static MixerSpec Parse(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var options = new Dictionary<string, string>();
        foreach (var word in words.Skip(1))
        {
            var at = word.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0 || !options.TryAdd(word[..at], word[(at + 1)..]))
                throw new ModelException($"mixer '{text}': '{word}' — expected option=value, each option once.");
        }
        if (words.Length == 0)
            throw new ModelException("mixer: expected NAME option=value …, got nothing.");
        _ = MixerCatalog.Find(words[0]).Complete(options);
        return new MixerSpec(words[0], options);
    }

    /// <summary>"NAME option=value …", as <see cref="Parse"/> reads it; options that are not set are not written.</summary>
    public string ToText() => string.Join(' ', Options.Select(option => $"{option.Key}={option.Value}").Prepend(Name));

    /// <summary>Makes the mixer of one layer.</summary>
    /// <exception cref="ModelException">An unknown name or option, or a value out of range.</exception>
    public TokenMixer Create(MixerShape shape) => MixerCatalog.Find(Name).Create(Options, shape);

    /// <summary>The section of config.json: the name and every option, defaults included.</summary>
    /// <exception cref="ModelException">An unknown name or option, or a value out of range.</exception>
    public JsonObject ToJson()
    {
        var kind = MixerCatalog.Find(Name);
        var section = new JsonObject { [NameField] = Name };
        foreach (var (key, text) in kind.Complete(Options))
            section[key.Replace('-', '_')] = kind.Options.Single(o => o.Name == key).ToJson(Name, text);
        return section;
    }

    /// <summary>
    /// The mixer of a checkpoint: from our own section, or, for a published Liger model without one, that model's with the constants of its
    /// code; a base model has its softmax.
    /// </summary>
    /// <exception cref="ModelException">A section or model_type that names no mixer we know.</exception>
    public static MixerSpec Of(HfConfig config)
    {
        if (config.Liger is { } section)
            return FromJson(section, config.File);
        return config.LinearizedKind switch
        {
            null => Softmax,
            "gla" or "hgrn2" => new MixerSpec($"liger-{config.LinearizedKind}", new Dictionary<string, string>()),
            "gsa" => new MixerSpec("liger-gsa", PublishedSlots(config)),
            var kind => throw new ModelException(
                $"{config.File}: model_type '{config.ModelType}' — no mixer '{kind}' is known and the file has no section '{HfConfig.LigerSection}'. Convert the base model again."),
        };
    }

    /// <summary>Whether both are the same mixer with the same options, defaults filled in.</summary>
    public bool SameAs(MixerSpec other)
    {
        if (ReferenceEquals(this, other))
            return true;
        if (Name != other.Name)
            return false;
        var (mine, theirs) = (MixerCatalog.Find(Name).Complete(Options), MixerCatalog.Find(Name).Complete(other.Options));
        return mine.All(option => theirs[option.Key] == option.Value);
    }

    internal static MixerSpec FromJson(JsonObject section, string file)
    {
        if (section[NameField] is not JsonValue value || !value.TryGetValue<string>(out var name))
            throw new ModelException($"{file}: section '{HfConfig.LigerSection}' — expected the field '{NameField}' with a mixer's name. Convert the base model again.");
        var options = new Dictionary<string, string>();
        foreach (var (key, node) in section)
        {
            if (key == NameField || MixerPlan.IsOwnField(key))
                continue;
            options[key.Replace('_', '-')] = node?.GetValueKind() switch
            {
                JsonValueKind.String => node.GetValue<string>(),
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => node.ToJsonString(),
                _ => throw new ModelException(
                    $"{file}: section '{HfConfig.LigerSection}', field '{key}' — expected a number, a truth value or a word, got {node?.ToJsonString() ?? "null"}."),
            };
        }
        var spec = new MixerSpec(name, options);
        try
        {
            _ = MixerCatalog.Find(name).Complete(options);
        }
        catch (ModelException e)
        {
            throw new ModelException($"{file}: section '{HfConfig.LigerSection}': {e.Message}");
        }
        return spec;
    }

    private static Dictionary<string, string> PublishedSlots(HfConfig config)
    {
        // The published configs hold pool_size, 64 where the field is missing.
        var slots = config.Raw["pool_size"] is JsonValue value && value.TryGetValue<int>(out var size) ? size : 64;
        return new Dictionary<string, string> { ["slots"] = slots.ToString(CultureInfo.InvariantCulture) };
    }
}

using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Liger.Recipes;

/// <summary>What a recipe is read from: its files, later ones laid over earlier ones, over them the command line; and the problems found so far.</summary>
internal sealed class RecipeSource
{
    private const string CommandLine = "command line";

    /// <summary>The section that another file replaces as a whole: options of one mixer mean nothing to another.</summary>
    private const string Replaced = "mixer";

    private readonly Dictionary<YamlNode, Origin> origins = new(ReferenceEqualityComparer.Instance);
    private readonly List<RecipeProblem> problems = [];
    private readonly List<string> names = [];
    private readonly Origin commandLine = new(CommandLine, Directory.GetCurrentDirectory(), HasLines: false);

    internal IReadOnlyList<RecipeProblem> Problems => problems;

    internal YamlMappingNode Root { get; private set; } = [];

    /// <summary>What the files call themselves, or are called.</summary>
    internal string Name => string.Join('+', names);

    /// <summary>Whether the command line names the recipe.</summary>
    internal bool IsNamed => Root.Children.TryGetValue(new YamlScalarNode(RecipeFile.NameKey), out var name) && origins[name] == commandLine;

    /// <summary>What relative paths in this node start from.</summary>
    internal string Folder(YamlNode node) => origins[node].Folder;

    internal void Problem(YamlNode node, string key, string what)
    {
        var origin = origins[node];
        problems.Add(new RecipeProblem(origin.HasLines ? $"{origin.Where}:{node.Start.Line}" : origin.Where, key, what));
    }

    /// <summary>A section without keys; problems in it name no line.</summary>
    /// <param name="place">What stands in its place, or lacks it.</param>
    internal YamlMappingNode Absent(YamlNode place)
    {
        var node = new YamlMappingNode();
        origins[node] = origins[place] with { HasLines = false };
        return node;
    }

    /// <summary>Lays a file over those before it, key by key, the section "mixer" and lists as wholes; a text that is not YAML, or not a mapping, is a problem.</summary>
    internal void Lay(string file, string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            problems.Add(new RecipeProblem($"{file}:{e.Start.Line}", "", $"this is not valid YAML: {e.Message}"));
            return;
        }
        if (stream.Documents.Count != 1 || stream.Documents[0].RootNode is not YamlMappingNode root)
        {
            problems.Add(new RecipeProblem(file, "", "expected one YAML document of sections (model:, mixer:, data:, …)"));
            return;
        }
        Own(root, new Origin(file, Path.GetDirectoryName(Path.GetFullPath(file))!, HasLines: true));
        names.Add(root.Children.TryGetValue(new YamlScalarNode(RecipeFile.NameKey), out var name) && name is YamlScalarNode { Value.Length: > 0 } given
            ? given.Value : Path.GetFileNameWithoutExtension(file));
        if (names.Count == 1) Root = root;
        else Merge(Root, root);
    }

    /// <summary>Lays one "train.lr=3e-4" over the file; entries of a list go by their number from 0, "stages.1.lr=3e-4". The value is read as YAML, so lists look like [a, b].</summary>
    internal void Override(string assignment)
    {
        var equals = assignment.IndexOf('=', StringComparison.Ordinal);
        var keys = equals < 0 ? [] : assignment[..equals].Split('.');
        if (keys.Length == 0 || keys.Any(string.IsNullOrWhiteSpace))
        {
            problems.Add(new RecipeProblem(CommandLine, "", $"expected key=value (such as train.lr=3e-4), got '{assignment}'"));
            return;
        }
        if (ReadValue(assignment[(equals + 1)..]) is not { } value)
        {
            problems.Add(new RecipeProblem(CommandLine, assignment[..equals], "the value is not valid YAML"));
            return;
        }
        var section = Root;
        for (var i = 0; i < keys.Length - 1; i++)
        {
            var key = keys[i];
            if (section.Children.TryGetValue(new YamlScalarNode(key), out var list) && list is YamlSequenceNode entries && i < keys.Length - 2)
            {
                if (!int.TryParse(keys[++i], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number >= entries.Children.Count || entries.Children[number] is not YamlMappingNode entry)
                {
                    problems.Add(new RecipeProblem(CommandLine, assignment[..equals], $"'{key}.{keys[i]}' is no section — expected a number from 0 to {entries.Children.Count - 1}"));
                    return;
                }
                section = entry;
                continue;
            }
            if (!section.Children.TryGetValue(new YamlScalarNode(key), out var child) || YamlText.IsNull(child))
                Put(section, Given(key), child = Own(new YamlMappingNode(), commandLine));
            if (child is not YamlMappingNode mapping)
            {
                problems.Add(new RecipeProblem(CommandLine, assignment[..equals], $"'{key}' is not a section"));
                return;
            }
            section = mapping;
        }
        Put(section, Given(keys[^1]), value);
    }

    private static void Merge(YamlMappingNode into, YamlMappingNode later)
    {
        foreach (var (key, value) in later.Children)
        {
            if (value is YamlMappingNode section && key is not YamlScalarNode { Value: Replaced } && into.Children.TryGetValue(key, out var there) && there is YamlMappingNode earlier)
                Merge(earlier, section);
            else
                Put(into, key, value);
        }
    }

    // The key comes along with its value, as its place is the value's.
    private static void Put(YamlMappingNode section, YamlNode key, YamlNode value)
    {
        section.Children.Remove(key);
        section.Children.Add(key, value);
    }

    private YamlScalarNode Given(string key) => Own(new YamlScalarNode(key), commandLine);

    private T Own<T>(T node, Origin origin) where T : YamlNode
    {
        foreach (var part in node.AllNodes) origins[part] = origin;
        return node;
    }

    private YamlNode? ReadValue(string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException)
        {
            return null;
        }
        return Own(stream.Documents.Count == 0 ? new YamlScalarNode("") : stream.Documents[0].RootNode, commandLine);
    }

    /// <summary>Where a node stands.</summary>
    /// <param name="Where">The file, or "command line".</param>
    /// <param name="Folder">What relative paths start from.</param>
    /// <param name="HasLines">Whether the node's line says where in it.</param>
    private sealed record Origin(string Where, string Folder, bool HasLines);
}

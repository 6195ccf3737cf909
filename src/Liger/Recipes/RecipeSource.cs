using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Liger.Recipes;

/// <summary>The text a recipe is read from: one file, the overrides of the command line laid over it, and the problems found so far.</summary>
internal sealed class RecipeSource
{
    private const string CommandLine = "command line";
    private readonly string file;
    private readonly string fileFolder;
    private readonly HashSet<YamlNode> overrides = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<YamlNode> absent = new(ReferenceEqualityComparer.Instance);
    private readonly List<RecipeProblem> problems = [];

    internal RecipeSource(string file)
    {
        this.file = file;
        fileFolder = Path.GetDirectoryName(Path.GetFullPath(file))!;
    }

    internal IReadOnlyList<RecipeProblem> Problems => problems;

    internal YamlMappingNode Root { get; private set; } = [];

    /// <summary>What relative paths in this node start from.</summary>
    internal string Folder(YamlNode node) => IsOverride(node) ? Directory.GetCurrentDirectory() : fileFolder;

    internal bool IsOverride(YamlNode node) => overrides.Contains(node);

    internal void Problem(YamlNode node, string key, string what) =>
        problems.Add(new RecipeProblem(IsOverride(node) ? CommandLine : absent.Contains(node) ? file : $"{file}:{node.Start.Line}", key, what));

    /// <summary>A section that stands for one the file lacks; problems in it name no line.</summary>
    internal YamlMappingNode Absent()
    {
        var node = new YamlMappingNode();
        absent.Add(node);
        return node;
    }

    /// <summary>Takes the text of the file; a text that is not YAML, or not a mapping, is a problem.</summary>
    internal void Parse(string text)
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
        if (stream.Documents.Count == 1 && stream.Documents[0].RootNode is YamlMappingNode root) Root = root;
        else problems.Add(new RecipeProblem(file, "", "expected one YAML document of sections (model:, mixer:, data:, …)"));
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
                overrides.Add(section.Children[new YamlScalarNode(key)] = child = new YamlMappingNode());
            if (child is not YamlMappingNode mapping)
            {
                problems.Add(new RecipeProblem(CommandLine, assignment[..equals], $"'{key}' is not a section"));
                return;
            }
            section = mapping;
        }
        section.Children[new YamlScalarNode(keys[^1])] = value;
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
        var value = stream.Documents.Count == 0 ? new YamlScalarNode("") : stream.Documents[0].RootNode;
        foreach (var node in value.AllNodes) overrides.Add(node);
        return value;
    }
}

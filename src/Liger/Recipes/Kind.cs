using System.Globalization;
using Liger.Models.Mixers;
using YamlDotNet.RepresentationModel;

namespace Liger.Recipes;

/// <summary>What a key of a recipe may hold: how it is read, written, and described when it is wrong.</summary>
/// <param name="Expected">The allowed values in words, for "expected …".</param>
/// <param name="Read">Turns a node into the value; false when the node is something else or out of range.</param>
/// <param name="Write">The value as YAML on one line; null leaves the key out.</param>
internal sealed record Kind<T>(string Expected, Kind<T>.Reader Read, Func<T, string?> Write)
{
    /// <param name="node">The node of the file.</param>
    /// <param name="folder">What relative paths in it start from.</param>
    /// <param name="value">The value read.</param>
    internal delegate bool Reader(YamlNode node, string folder, out T value);
}

/// <summary>The kinds of values that recipes use.</summary>
internal static class Kind
{
    internal static Kind<int> Whole(int min, int max) => new(
        $"a whole number from {Plain(min)} to {Plain(max)}",
        (YamlNode node, string _, out int value) =>
            int.TryParse(Scalar(node), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= min && value <= max,
        value => Plain(value));

    internal static Kind<long> Long(long min, long max) => new(
        $"a whole number from {Plain(min)} to {Plain(max)}",
        (YamlNode node, string _, out long value) =>
            long.TryParse(Scalar(node), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= min && value <= max,
        value => Plain(value));

    /// <summary>A number from <paramref name="min"/> (itself excluded when <paramref name="above"/>) to <paramref name="max"/>.</summary>
    internal static Kind<double> Number(double min, double max, bool above = false) => new(
        above ? $"a number above {Plain(min)} and up to {Plain(max)}" : $"a number from {Plain(min)} to {Plain(max)}",
        (YamlNode node, string _, out double value) =>
            double.TryParse(Scalar(node), NumberStyles.Float, CultureInfo.InvariantCulture, out value)
            && (above ? value > min : value >= min) && value <= max,
        value => Plain(value));

    internal static Kind<bool> Flag { get; } = new(
        "true or false",
        (YamlNode node, string _, out bool value) => bool.TryParse(Scalar(node), out value),
        value => value ? "true" : "false");

    internal static Kind<string> Words { get; } = new("text", ReadText, YamlText.Quote);

    internal static Kind<string> Choice(params string[] names) => new(
        "one of " + string.Join(", ", names),
        (YamlNode node, string folder, out string value) => ReadText(node, folder, out value) && names.Contains(value),
        YamlText.Quote);

    /// <summary>Values that go by names of our own.</summary>
    internal static Kind<T> Named<T>(params (string Name, T Value)[] names) where T : struct => new(
        "one of " + string.Join(", ", names.Select(pair => pair.Name)),
        (YamlNode node, string _, out T value) =>
        {
            var found = Array.FindIndex(names, pair => pair.Name == Scalar(node));
            value = found < 0 ? default : names[found].Value;
            return found >= 0;
        },
        value => Array.Find(names, pair => EqualityComparer<T>.Default.Equals(pair.Value, value)).Name);

    /// <summary>auto, cpu, cuda or cuda:N.</summary>
    internal static Kind<string> Device { get; } = new(
        "auto, cpu, cuda or cuda:N",
        (YamlNode node, string folder, out string value) =>
            ReadText(node, folder, out value)
            && (value is "auto" or "cpu" or "cuda" || (value.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(value[5..], NumberStyles.None, CultureInfo.InvariantCulture, out var _))),
        YamlText.Quote);

    /// <summary>A file or folder; a relative one starts at the recipe's folder, or at the working directory when it comes from the command line.</summary>
    internal static Kind<string> Place { get; } = new(
        "a path",
        (YamlNode node, string folder, out string value) =>
        {
            if (!ReadText(node, folder, out value) || value.Length == 0) return false;
            value = Path.GetFullPath(value, folder);
            return true;
        },
        YamlText.Quote);

    /// <summary>A kv head of a layer: "5.1".</summary>
    internal static Kind<string> Head { get; } = new(
        "a layer and kv head such as 5.1",
        (YamlNode node, string folder, out string value) => ReadText(node, folder, out value) && MixerPlace.TryParse(value, out var place) && place.KvHead is not null,
        YamlText.Quote);

    /// <summary>A list of values, or one value alone; where it may be empty, null stands for that.</summary>
    internal static Kind<IReadOnlyList<T>> ListOf<T>(Kind<T> item, bool mayBeEmpty = false) => new(
        mayBeEmpty ? $"a list, each {item.Expected}" : $"a list of at least one, each {item.Expected}",
        (YamlNode node, string folder, out IReadOnlyList<T> value) =>
        {
            var list = new List<T>();
            value = list;
            if (mayBeEmpty && YamlText.IsNull(node)) return true;
            foreach (var child in node is YamlSequenceNode sequence ? sequence.Children : [node])
            {
                if (!item.Read(child, folder, out var one)) return false;
                list.Add(one);
            }
            return mayBeEmpty || list.Count > 0;
        },
        value => "[" + string.Join(", ", value.Select(item.Write)) + "]");

    /// <summary>A value or null; null is written by leaving the key out.</summary>
    internal static Kind<T?> Maybe<T>(Kind<T> kind) where T : struct => new(
        kind.Expected + ", or null",
        (YamlNode node, string folder, out T? value) =>
        {
            value = null;
            if (YamlText.IsNull(node)) return true;
            if (!kind.Read(node, folder, out var some)) return false;
            value = some;
            return true;
        },
        value => value is { } some ? kind.Write(some) : "null");

    /// <summary>A text or null; null is written by leaving the key out.</summary>
    internal static Kind<string?> Maybe(Kind<string> kind) => new(
        kind.Expected + ", or null",
        (YamlNode node, string folder, out string? value) =>
        {
            value = null;
            if (YamlText.IsNull(node)) return true;
            if (!kind.Read(node, folder, out var some)) return false;
            value = some;
            return true;
        },
        value => value is null ? "null" : kind.Write(value));

    private static bool ReadText(YamlNode node, string folder, out string value)
    {
        value = Scalar(node) ?? "";
        return node is YamlScalarNode && !YamlText.IsNull(node);
    }

    private static string? Scalar(YamlNode node) => (node as YamlScalarNode)?.Value;

    private static string Plain(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Plain(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}

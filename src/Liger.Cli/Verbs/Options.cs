using System.CommandLine;
using System.Globalization;

namespace Liger.Cli.Verbs;

/// <summary>Makes options that check their ranges and show their defaults.</summary>
internal static class Options
{
    internal static Option<bool> Json() => new("--json") { Description = "Write one JSON object to standard output instead of a table." };

    internal static Option<bool> Overwrite(string what) => new("--overwrite") { Description = $"Replace {what} that lies there." };

    internal static Option<string> Required(string name, string helpName, string description) =>
        new(name) { Description = description, HelpName = helpName, Required = true };

    internal static Option<string?> Maybe(string name, string helpName, string description) => new(name) { Description = description, HelpName = helpName };

    internal static Option<string> Text(string name, string helpName, string @default, string description) =>
        new(name) { Description = description, HelpName = helpName, DefaultValueFactory = _ => @default };

    internal static Option<string> Choice(string name, string @default, string description, params string[] values)
    {
        var option = Text(name, "NAME", @default, description);
        option.AcceptOnlyFromAmong(values);
        return option;
    }

    internal static Option<int> Whole(string name, int @default, int min, int max, string description)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => @default };
        option.CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[^1].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
                return value;
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name}: expected a whole number from {min} to {max}, got '{result.Tokens[^1].Value}'."));
            return @default;
        };
        return option;
    }

    /// <summary>Whole numbers with commas between them; null where none are given.</summary>
    internal static Option<IReadOnlyList<int>?> Wholes(string name, IReadOnlyList<int> @default, int min, int max, string description)
    {
        var option = new Option<IReadOnlyList<int>?>(name) { Description = $"{description} [default: {string.Join(',', @default)}]", HelpName = "N,N" };
        option.CustomParser = result =>
        {
            var text = result.Tokens[^1].Value;
            var numbers = text.Split(',').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max ? value : -1).ToArray();
            if (!numbers.Contains(-1))
                return numbers;
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name}: expected whole numbers from {min} to {max} with commas between them, got '{text}'."));
            return @default;
        };
        return option;
    }

    internal static Option<double> Number(string name, double @default, double min, double max, string description)
    {
        var option = new Option<double>(name) { Description = description, HelpName = "X", DefaultValueFactory = _ => @default };
        option.CustomParser = result =>
        {
            if (double.TryParse(result.Tokens[^1].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
                return value;
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name}: expected a number from {min} to {max}, got '{result.Tokens[^1].Value}'."));
            return @default;
        };
        return option;
    }
}

using Liger.Text;

namespace Liger.Steps;

/// <summary>Which associative recall is made.</summary>
public sealed record AssociativeDataOptions
{
    /// <summary>The folder of the tokenizer, such as a checkpoint.</summary>
    public required string Tokenizer { get; init; }

    /// <summary>The file to write, one JSON object a line; gzipped where its name ends in .gz.</summary>
    public required string Out { get; init; }

    /// <summary>Pairs of a case, several sizes.</summary>
    public required IReadOnlyList<int> Pairs { get; init; }

    /// <summary>Pairs that are asked for, at most all; null asks for all.</summary>
    public int? Queries { get; init; }

    /// <summary>Cases of each size. Default 50.</summary>
    public int Cases { get; init; } = 50;

    /// <summary>The names of the kinds.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. Enum.GetNames<AssociativeKind>().Select(name => name.ToLowerInvariant())];

    /// <summary>What keys and values are: words ("lamp -> moon, …"), tokens (single ones of the vocabulary, nothing between them), or digits (lines of
    /// a name and a number). Default words.</summary>
    public string Kind { get; init; } = Kinds[0];

    /// <summary>A file of words, one a line, for the kind words; null takes the built-in ones.</summary>
    public string? Words { get; init; }

    /// <summary>Decides everything that is drawn. Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>Whether a file that lies there is replaced. Default false.</summary>
    public bool Overwrite { get; init; }
}

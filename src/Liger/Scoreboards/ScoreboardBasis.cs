using System.Globalization;
using System.Security.Cryptography;
using Liger.Checkpoints;
using Liger.Recipes;
using Liger.Steps;

namespace Liger.Scoreboards;

/// <summary>What all rows of a scoreboard share; figures of different bases say nothing about each other.</summary>
public sealed record ScoreboardBasis
{
    /// <summary>The folder name of the original model.</summary>
    public required string Model { get; init; }

    /// <summary>SHA-256 over names, types, shapes and samples of the original's tensors, in hexadecimal.</summary>
    public required string ModelSha256 { get; init; }

    /// <summary>The text's file name.</summary>
    public required string Text { get; init; }

    /// <summary>SHA-256 of the text, in hexadecimal.</summary>
    public required string TextSha256 { get; init; }

    /// <summary>The file name of the recall cases; null where recall is not measured.</summary>
    public string? Needles { get; init; }

    /// <summary>SHA-256 of that file, in hexadecimal.</summary>
    public string? NeedlesSha256 { get; init; }

    /// <summary>The file name of the cases of associative recall; null where that is not measured.</summary>
    public string? Mqar { get; init; }

    /// <summary>SHA-256 of that file, in hexadecimal.</summary>
    public string? MqarSha256 { get; init; }

    /// <summary>Tokens a window of the text, and of the prompt behind which decoding is timed.</summary>
    public required int Context { get; init; }

    /// <summary>The arithmetic.</summary>
    public required string Dtype { get; init; }

    /// <summary>The processor or GPU.</summary>
    public required string Machine { get; init; }

    /// <summary>What a recipe asks to be measured on.</summary>
    /// <exception cref="LigerException">It has no section "eval", or a file is not there.</exception>
    internal static ScoreboardBasis Of(Recipe recipe, string dtype, string machine)
    {
        if (recipe.Eval is not { } eval)
            throw new LigerException($"{recipe.Name}: the recipe has no section eval, which says what is measured. Add one, or give eval.text=FILE and eval.context=N behind the recipes.", ExitCode.WrongUse);
        using var model = CheckpointFolder.Open(recipe.Model.Path);
        return new ScoreboardBasis
        {
            Model = Path.GetFileName(Path.TrimEndingDirectorySeparator(recipe.Model.Path)),
            ModelSha256 = ModelFingerprint.Of(model, adapter: null),
            Text = Path.GetFileName(eval.Text),
            TextSha256 = Hash(eval.Text),
            Needles = Path.GetFileName(eval.Needles),
            NeedlesSha256 = eval.Needles is null ? null : Hash(eval.Needles),
            Mqar = Path.GetFileName(eval.Mqar),
            MqarSha256 = eval.Mqar is null ? null : Hash(eval.Mqar),
            Context = eval.Context,
            Dtype = dtype,
            Machine = machine,
        };
    }

    /// <summary>The first thing in which another basis differs, as "text — expected X, got Y"; null where the figures can be compared.</summary>
    internal string? Difference(ScoreboardBasis other)
    {
        (string What, string? Mine, string? Theirs, Func<ScoreboardBasis, string?> Words)[] parts =
        [
            ("model", ModelSha256, other.ModelSha256, b => b.Model),
            ("eval.text", TextSha256, other.TextSha256, b => b.Text),
            ("eval.needles", NeedlesSha256, other.NeedlesSha256, b => b.Needles),
            ("eval.mqar", MqarSha256, other.MqarSha256, b => b.Mqar),
            ("eval.context", Number(Context), Number(other.Context), b => null),
            ("dtype", Dtype, other.Dtype, b => null),
            ("machine", Machine, other.Machine, b => null),
        ];
        var found = parts.FirstOrDefault(p => p.Mine != p.Theirs);
        return found.What is null ? null : $"{found.What} — expected {Words(found.Words(this), found.Mine)}, got {Words(found.Words(other), found.Theirs)}";
    }

    private static string Words(string? name, string? value) => value is null ? "none" : name is null ? value : $"{name} (sha256 {value[..12]}…)";

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Hash(string file)
    {
        if (!File.Exists(file))
            throw new LigerException($"{file}: there is no such file. Check eval.text, eval.needles and eval.mqar.", ExitCode.WrongUse);
        using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}

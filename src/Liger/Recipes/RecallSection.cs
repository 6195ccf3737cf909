using Liger.Text;
using Liger.Training;

namespace Liger.Recipes;

/// <summary>
/// The section "recall" of "data": a share of the training rows are windows made on the way over the run's own training text, with the model's own
/// tokenizer, in which something is said and asked for later. The rest goes on as without; held-out rows are never such windows.
/// </summary>
public sealed record RecallSection
{
    private const int MostWeight = 1000;
    private const ulong OfCases = 0x5EED;

    /// <summary>The share of the rows that are taken, 0 to 1; 0 makes none. Default 0.3.</summary>
    public double Share { get; init; } = 0.3;

    /// <summary>A JSON file of templates; null takes the built-in ones.</summary>
    public string? Templates { get; init; }

    /// <summary>A file of names, one a line, for the kind "name"; null takes the built-in ones.</summary>
    public string? Keys { get; init; }

    /// <summary>The share of windows in which a list is queried instead of facts, 0 to 1. Default 0.3.</summary>
    public double Lists { get; init; } = 0.3;

    /// <summary>The share of facts, 0 to 1, that are said where a window begins and asked for where it ends. Default 0: at places drawn evenly.</summary>
    public double Far { get; init; }

    /// <summary>Whether only the answers of these windows are scored, or every token. Default false.</summary>
    public bool OnlyAnswers { get; init; }

    /// <summary>How many times a token of an answer counts in the loss, 1 to 1,000. Default 1.</summary>
    public int AnswerWeight { get; init; } = 1;

    /// <summary>Decides which windows. Default 0.</summary>
    public long Seed { get; init; }

    internal static RecallSection Bind(ISection s, RecallSection r) => new()
    {
        Share = s.Value("share", r.Share, Kind.Number(0, 1)),
        Templates = s.Value("templates", r.Templates, Kind.Maybe(Kind.Place)),
        Keys = s.Value("keys", r.Keys, Kind.Maybe(Kind.Place)),
        Lists = s.Value("lists", r.Lists, Kind.Number(0, 1)),
        Far = s.Value("far", r.Far, Kind.Number(0, 1)),
        OnlyAnswers = s.Value("only_answers", r.OnlyAnswers, Kind.Flag),
        AnswerWeight = s.Value("answer_weight", r.AnswerWeight, Kind.Whole(1, MostWeight)),
        Seed = s.Value("seed", r.Seed, Kind.Long(0, long.MaxValue)),
    };

    /// <summary>The windows as rows to mix in.</summary>
    /// <param name="rows">The training rows, whose text they are made over.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="context">Tokens of a row.</param>
    /// <exception cref="TextException">The text is too short, or the wording cannot be read.</exception>
    internal RowMix Mix(IReadOnlyList<PackedRow> rows, Tokenizer tokenizer, int context)
    {
        var windows = new RecallWindows(Text(rows, tokenizer), Options(context, Seed));
        return new RowMix(Share, number => windows[number].Row(OnlyAnswers, AnswerWeight));
    }

    /// <summary>Recall cases worded as the windows are, to measure recall with while a run goes on: their keys, values and text are others.</summary>
    /// <param name="rows">Rows that are not trained on, whose text they are made over.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="context">Tokens that a case may have.</param>
    /// <param name="distances">Tokens between fact and question.</param>
    /// <param name="each">Cases of each distance.</param>
    /// <exception cref="TextException">The text is too short, a distance too long, or the wording cannot be read.</exception>
    internal IReadOnlyList<NeedleCase> Cases(IReadOnlyList<PackedRow> rows, Tokenizer tokenizer, int context, IEnumerable<int> distances, int each) =>
        [.. new RecallCases(Text(rows, tokenizer), Options(context, unchecked((long)((ulong)Seed ^ OfCases)))).Of(distances, each)];

    private RecallOptions Options(int context, long seed) => new()
    {
        Context = context,
        Seed = seed,
        Templates = RecallTemplates.Load(Templates, Keys),
        ListShare = Lists,
        FarShare = Far,
    };

    private static RecallText Text(IReadOnlyList<PackedRow> rows, Tokenizer tokenizer) => RecallText.Of(rows.Select(row => row.Ids), tokenizer);
}

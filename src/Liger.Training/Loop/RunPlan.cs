using Liger.Text;

namespace Liger.Training;

/// <summary>
/// Which rows every optimizer step takes: a pure function of the rows, the options and the number of rows taken so far, so that a
/// resumed run continues with exactly the rows that the uninterrupted one would have taken. Epochs follow each other without a
/// gap (a step may span two); only the last step of a run may be smaller.
/// </summary>
internal sealed class RunPlan
{
    private readonly IReadOnlyList<PackedRow> rows;
    private readonly RowOrder order;
    private readonly long rowsAStep;

    public RunPlan(IReadOnlyList<PackedRow> rows, TrainerOptions options)
    {
        this.rows = rows;
        order = new RowOrder(rows.Count, options.Seed);
        rowsAStep = (long)options.Batch * options.Accumulation;
        var tokensAnEpoch = rows.Sum(row => (long)row.Ids.Length);
        Rows = options.Steps is { } steps ? steps * rowsAStep
            : options.Tokens is { } tokens ? (long)Math.Ceiling((double)tokens * rows.Count / tokensAnEpoch)
            : Math.Max(1, (long)Math.Round(options.Epochs!.Value * rows.Count));
        Steps = (Rows + rowsAStep - 1) / rowsAStep;
    }

    /// <summary>Rows of the whole run, counted as often as they are taken.</summary>
    public long Rows { get; }

    /// <summary>Optimizer steps of the whole run.</summary>
    public long Steps { get; }

    /// <summary>Rows that take the place of some; null for none.</summary>
    public RowMix? Mix { get; set; }

    /// <summary>The rows of the next optimizer step, in order.</summary>
    /// <param name="taken">Rows taken so far.</param>
    public List<PackedRow> Next(long taken)
    {
        var count = Math.Min(rowsAStep, Rows - taken);
        var next = new List<PackedRow>((int)count);
        for (var position = taken; position < taken + count; position++)
        {
            var mixed = Mix?.Among(position) ?? 0;
            next.Add(Mix?.Among(position + 1) > mixed ? Mix.Row(mixed) : Own(position - mixed));
        }
        return next;
    }

    private PackedRow Own(long position) => rows[order[(int)(position / rows.Count), (int)(position % rows.Count)]];
}

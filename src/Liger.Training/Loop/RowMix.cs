using Liger.Text;

namespace Liger.Training;

/// <summary>Rows that are made while a run goes on and take the place of some of its own, evenly spread, none of them twice.</summary>
/// <param name="Share">Their share of all rows that are taken, 0 to 1.</param>
/// <param name="Row">The row of a number from 0: the same number gives the same row, so that a resumed run goes on exactly. As long as the run's own
/// rows, with tokens to score.</param>
public sealed record RowMix(double Share, Func<long, PackedRow> Row)
{
    /// <summary>How many of the first rows that are taken are such rows.</summary>
    internal long Among(long taken) => (long)Math.Floor(taken * Share);
}

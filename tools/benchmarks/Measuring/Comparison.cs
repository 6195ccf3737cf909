namespace Liger.Bench.Measuring;

/// <summary>One kind of work, done by our side and, where it has a twin, by python3-torch, in alternating turns.</summary>
/// <param name="Work">"train" or "decode".</param>
/// <param name="Mixer">Of our side.</param>
/// <param name="Dtype">"fp32" or "bf16".</param>
/// <param name="Ours">Our side, ended.</param>
/// <param name="Theirs">The other side, ended; null where it has no part.</param>
internal sealed record Comparison(string Work, string Mixer, string Dtype, Side Ours, Side? Theirs)
{
    private const int WarmUps = 2;

    /// <summary>How far the sides' losses may lie apart, in nats.</summary>
    internal double Tolerance => Dtype == "fp32" ? 1e-4 : 2e-2;

    /// <summary>The losses of our steps; empty for decoding.</summary>
    internal double[] OurLosses => Losses(Ours);

    /// <summary>The losses of their steps; empty for decoding.</summary>
    internal double[] TheirLosses => Theirs is null ? [] : Losses(Theirs);

    /// <summary>Runs it: the same count of units on each side, the first ones uncounted, who begins changing from round to round.</summary>
    internal static Comparison Run(BenchPlan plan, string work, string mixer, string dtype)
    {
        var units = work == "train" ? plan.Steps : 1;
        using var ours = Side.Start("our side", plan.Command(true, work, mixer, dtype));
        using var theirs = plan.Python is null || mixer != BenchPlan.Compared ? null : Side.Start("python3-torch", plan.Command(false, work, mixer, dtype));
        Side[] sides = theirs is null ? [ours] : [ours, theirs];
        foreach (var side in sides)
            side.Go(WarmUps, counted: false);
        for (var round = 0; round < plan.Rounds; round++)
        {
            foreach (var side in sides)
                side.Go(units);
            Array.Reverse(sides);
        }
        foreach (var side in sides)
            side.End();
        var comparison = new Comparison(work, mixer, dtype, ours, theirs);
        comparison.Check();
        return comparison;
    }

    /// <summary>Their time over ours, the median over rounds: above 1 we are faster.</summary>
    /// <param name="time">What to compare of a turn.</param>
    internal double? Speed(Func<Turn, double> time) =>
        Theirs is null ? null : Median.Of(Ours.Turns.Zip(Theirs.Turns, (a, b) => time(b) / time(a)));

    private static double[] Losses(Side side) => [.. side.Outcomes.Where(o => o["loss"] is not null).Select(o => o["loss"]!.GetValue<double>())];

    private void Check()
    {
        if (Theirs is null)
            return;
        if (Ours.Threads != Theirs.Threads)
            throw new BenchException($"{Work} {Dtype}: threads — expected the same on both sides, got {Ours.Threads} and {Theirs.Threads}.");
        if (Work != "train")
            return;
        var (ours, theirs) = (OurLosses, TheirLosses);
        foreach (var step in new[] { 0, ours.Length - 1 })
            if (!(Math.Abs(ours[step] - theirs[step]) <= Tolerance))
                throw new BenchException(
                    $"{Work} {Dtype}: loss of step {step + 1} — expected both sides within {Tolerance}, got {ours[step]:F6} and {theirs[step]:F6}. They do not compute the same.");
    }
}

using Liger.Bench.Measuring;

namespace Liger.Bench.Reporting;

/// <summary>One measured quantity of both sides.</summary>
/// <param name="Name">What it is, with its unit.</param>
/// <param name="Ours">Median of our turns.</param>
/// <param name="Theirs">Median of theirs; null where only we have it.</param>
/// <param name="Ratio">Ours against theirs as the goal is stated; null as above.</param>
/// <param name="Goal">What the ratio should be; null where there is no goal.</param>
internal sealed record Figure(string Name, double Ours, double? Theirs, double? Ratio, string? Goal = null)
{
    private const double MiB = 1 << 20;

    /// <summary>The figures of one comparison.</summary>
    internal static IEnumerable<Figure> Of(Comparison c) => c.Work == "train" ? OfTraining(c) : OfDecoding(c);

    private static IEnumerable<Figure> OfTraining(Comparison c)
    {
        const double tokens = BenchPlan.Batch * BenchPlan.Tokens;
        yield return Rate("training tokens/s", c, t => t.Seconds, t => t.Units * tokens / t.Seconds, "at least 1.0");
        yield return Rate("processor ms per step", c, t => t.ProcessorSeconds, t => 1000 * t.ProcessorSeconds / t.Units);
        yield return Memory(c, "at most 1.1");
    }

    private static IEnumerable<Figure> OfDecoding(Comparison c)
    {
        static double First(Turn t) => t.Outcomes.Sum(o => o["first"]!.GetValue<double>());
        static double Rest(Turn t) => t.Outcomes.Sum(o => o["rest"]!.GetValue<double>());
        yield return Rate("first token, ms", c, First, t => 1000 * First(t) / t.Units);
        yield return Rate("decoding tokens/s", c, Rest, t => t.Units * (BenchPlan.NewTokens - 1) / Rest(t));
        yield return new Figure("start to loaded, s", c.Ours.StartSeconds, c.Theirs?.StartSeconds, c.Theirs?.StartSeconds / c.Ours.StartSeconds);
        yield return Memory(c, null);
    }

    private static Figure Rate(string name, Comparison c, Func<Turn, double> time, Func<Turn, double> shown, string? goal = null) =>
        new(name, Median.Of(c.Ours.Turns.Select(shown)), c.Theirs is null ? null : Median.Of(c.Theirs.Turns.Select(shown)), c.Speed(time), goal);

    private static Figure Memory(Comparison c, string? goal) =>
        new("peak memory, MiB", c.Ours.Peak / MiB, c.Theirs?.Peak / MiB, c.Theirs is null ? null : (double)c.Ours.Peak / c.Theirs.Peak, goal);
}

using System.Globalization;

namespace Liger.Pictures;

/// <summary>Where values lie along an axis of a certain length, and which of them are named.</summary>
internal sealed class AxisMap
{
    /// <summary>About as many named values as an axis has.</summary>
    private const int Steps = 5;

    private readonly Axis axis;
    private readonly double from, to;
    private readonly double first, last;

    /// <param name="axis">The axis.</param>
    /// <param name="values">All values along it.</param>
    /// <param name="first">The coordinate of its beginning.</param>
    /// <param name="last">The coordinate of its end; smaller than the beginning's where it goes up.</param>
    /// <exception cref="ArgumentException">A value is not finite, or not above 0 on a logarithmic axis.</exception>
    internal AxisMap(Axis axis, IReadOnlyList<double> values, double first, double last)
    {
        (this.axis, this.first, this.last) = (axis, first, last);
        foreach (var value in values)
            if (!double.IsFinite(value) || (IsLogarithmic && value <= 0))
                throw new ArgumentException($"axis '{axis.Label}': expected {(IsLogarithmic ? "a finite number above 0" : "a finite number")}, got {value.ToString(CultureInfo.InvariantCulture)}.", nameof(values));
        // Without a value there is still an axis.
        var (least, most) = values.Count == 0 ? (IsLogarithmic ? 1 : 0, IsLogarithmic ? 10 : 1) : (values.Min(), values.Max());
        (least, most) = (axis.From ?? least, axis.To ?? most);
        if (least == most)
            (least, most) = IsLogarithmic ? (least / 2, most * 2) : (least - Half(least), most + Half(most));
        Ticks = axis.Ticks ?? (IsLogarithmic ? Decades(least, most) : Round(least, most));
        from = axis.From ?? Math.Min(least, Ticks.DefaultIfEmpty(least).Min());
        to = axis.To ?? Math.Max(most, Ticks.DefaultIfEmpty(most).Max());
    }

    /// <summary>The values that are named.</summary>
    internal IReadOnlyList<double> Ticks { get; }

    private bool IsLogarithmic => axis.Scale == AxisScale.Logarithmic;

    /// <summary>The coordinate of a value.</summary>
    internal double At(double value)
    {
        var share = IsLogarithmic ? Math.Log(value / from) / Math.Log(to / from) : (value - from) / (to - from);
        return first + (share * (last - first));
    }

    /// <summary>A value in few characters: 0.25, 512, 65.5k, 20M.</summary>
    internal static string Name(double value)
    {
        (double Size, string Unit)[] units = [(1e9, "G"), (1e6, "M"), (1e3, "k")];
        var (size, unit) = Math.Abs(value) < 10_000 ? (1, "") : units.First(u => Math.Abs(value) >= u.Size);
        return (value / size).ToString("0.####", CultureInfo.InvariantCulture) + unit;
    }

    private static double Half(double value) => value == 0 ? 0.5 : Math.Abs(value) / 2;

    /// <summary>Multiples of 1, 2 or 5 times a power of 10 that reach from below the least to above the most.</summary>
    private static List<double> Round(double least, double most)
    {
        var rough = (most - least) / Steps;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = power * ((double[])[1, 2, 5, 10]).First(factor => factor * power >= rough * (1 - 1e-9));
        var (low, high) = ((long)Math.Floor((least / step) + 1e-9), (long)Math.Ceiling((most / step) - 1e-9));
        return [.. Enumerable.Range(0, (int)(high - low) + 1).Select(i => (low + i) * step)];
    }

    /// <summary>Powers of 10; with 2 and 5 times them where there are few.</summary>
    private static List<double> Decades(double least, double most)
    {
        var (low, high) = ((int)Math.Floor(Math.Log10(least)), (int)Math.Ceiling(Math.Log10(most)));
        double[] factors = high - low <= 3 ? [1, 2, 5] : [1];
        return [.. Enumerable.Range(low, high - low + 1).SelectMany(power => factors.Select(f => f * Math.Pow(10, power))).Where(tick => tick >= least * (1 - 1e-9) && tick <= most * (1 + 1e-9))];
    }
}

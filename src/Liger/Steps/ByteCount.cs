using System.Globalization;

namespace Liger.Steps;

/// <summary>Numbers of bytes as people write them.</summary>
internal static class ByteCount
{
    private static readonly (string Unit, double Size)[] Units =
        [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("B", 1), ("", 1)];

    /// <summary>Reads "260KB" (260,000 bytes), "1.5 MiB" or "300000"; null where it is none of that or no positive number.</summary>
    internal static long? Parse(string text)
    {
        var (unit, size) = Units.First(unit => text.EndsWith(unit.Unit, StringComparison.OrdinalIgnoreCase));
        return double.TryParse(text[..^unit.Length].Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number * size is >= 1 and < 1L << 50 ? (long)(number * size) : null;
    }

    /// <summary>"260.0 KB".</summary>
    internal static string Text(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:#,0.0} KB");
}

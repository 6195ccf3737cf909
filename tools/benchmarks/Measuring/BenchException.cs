namespace Liger.Bench.Measuring;

/// <summary>The benchmark cannot be run as asked, or its two sides do not compute the same.</summary>
internal sealed class BenchException(string message) : Exception(message);

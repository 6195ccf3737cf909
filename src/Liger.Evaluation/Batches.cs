namespace Liger.Evaluation;

/// <summary>Rows of tokens that a model reads at once.</summary>
internal static class Batches
{
    /// <summary>Numbers of logits that exist at a time in fp32: 32 MiB a tensor.</summary>
    internal const long LogitNumbers = 1 << 23;

    /// <summary>Tokens of one forward pass where nothing else is asked for.</summary>
    internal const int DefaultTokens = 4096;

    private const long Filler = 0;

    /// <summary>
    /// Rows of different lengths as one tensor, filled up on the right. No layout is needed: every mixer is causal, so what stands behind a
    /// token cannot change it, and nothing behind a row's last token is looked at.
    /// </summary>
    /// <returns>[B, longest row] int64.</returns>
    internal static Tensor Rows(IReadOnlyList<ReadOnlyMemory<int>> rows, Device device)
    {
        var tokens = rows.Max(row => row.Length);
        var ids = new long[rows.Count * tokens];
        Array.Fill(ids, Filler);
        for (var row = 0; row < rows.Count; row++)
            for (var t = 0; t < rows[row].Length; t++)
                ids[(row * tokens) + t] = rows[row].Span[t];
        return tensor(ids, [rows.Count, tokens], device: device);
    }

    /// <summary>Hidden states whose logits are made at a time.</summary>
    /// <param name="vocabulary">V.</param>
    internal static int LogitRows(long vocabulary) => (int)Math.Clamp(LogitNumbers / vocabulary, 1, int.MaxValue);
}

using Liger.Checkpoints;

namespace Liger.Models.Graph;

/// <summary>The turning speed of each pair of channels, in radians a token.</summary>
public static class RotaryFrequencies
{
    /// <summary>
    /// theta^(−2i/D), stretched as the checkpoint says: "linear" divides all by the factor; "llama3" divides those whose wavelength
    /// exceeds originalMax/lowFactor, keeps those below originalMax/highFactor and blends between (Llama 3.1, as in Hugging Face's rope
    /// utilities). Computed in float64.
    /// </summary>
    /// <param name="rope">The checkpoint's rotary settings.</param>
    /// <param name="headDim">D, even.</param>
    /// <returns>D/2 frequencies.</returns>
    public static double[] Of(RopeConfig rope, int headDim)
    {
        var frequencies = new double[headDim / 2];
        for (var i = 0; i < frequencies.Length; i++)
        {
            var plain = Math.Pow(rope.Theta, -2.0 * i / headDim);
            frequencies[i] = rope.Type switch
            {
                RopeType.Linear => plain / rope.Factor,
                RopeType.Llama3 => Llama3(plain, rope),
                _ => plain,
            };
        }
        return frequencies;
    }

    private static double Llama3(double frequency, RopeConfig rope)
    {
        var turns = rope.OriginalMaxPositions * frequency / (2 * Math.PI);
        if (turns < rope.LowFreqFactor)
            return frequency / rope.Factor;
        if (turns > rope.HighFreqFactor)
            return frequency;
        var kept = (turns - rope.LowFreqFactor) / (rope.HighFreqFactor - rope.LowFreqFactor);
        return ((1 - kept) * frequency / rope.Factor) + (kept * frequency);
    }
}

namespace Liger.Models.Decoding;

/// <summary>Chooses the next token from logits: the likeliest, or a draw from the likeliest share of the probability.</summary>
public sealed class Sampler
{
    private readonly double temperature;
    private readonly double topP;
    private readonly Random random;

    /// <param name="temperature">0: always the likeliest token. Above: logits are divided by it before drawing.</param>
    /// <param name="topP">Share of the probability, above 0 to 1: only the fewest likeliest tokens that reach it are drawn (Holtzman et al. 2020, arXiv 1904.09751).</param>
    /// <param name="seed">The same seed draws the same tokens.</param>
    /// <exception cref="ModelException">A value out of range.</exception>
    public Sampler(double temperature = 0, double topP = 1, int seed = 0)
    {
        if (!(temperature >= 0) || double.IsInfinity(temperature))
            throw new ModelException($"sampler: temperature — expected a number from 0, got {temperature}.");
        if (!(topP is > 0 and <= 1))
            throw new ModelException($"sampler: top-p — expected a number above 0 and at most 1, got {topP}.");
        (this.temperature, this.topP, random) = (temperature, topP, new Random(seed));
    }

    /// <param name="logits">[V].</param>
    /// <returns>The number of a token.</returns>
    public int Next(Tensor logits)
    {
        using var scope = NewDisposeScope();
        if (temperature == 0)
            return (int)logits.argmax(-1).item<long>();
        var (sorted, order) = (logits.to(float32).cpu() / temperature).softmax(-1).sort(-1, descending: true);
        var probabilities = sorted.data<float>().ToArray();
        double kept = 0;
        var count = 0;
        while (count < probabilities.Length && (count == 0 || kept < topP))
            kept += probabilities[count++];
        var draw = random.NextDouble() * kept;
        var chosen = 0;
        while (chosen < count - 1 && draw >= probabilities[chosen])
            draw -= probabilities[chosen++];
        return (int)order.data<long>()[chosen];
    }
}

using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>
/// Dropout masks whose randomness follows from a seed, the number of the micro-batch and that of the projection alone: a resumed run, and
/// a second pass over the same micro-batch, drop the same elements, in whatever order projections ask.
/// </summary>
internal sealed class LoraDropout(double share, long seed) : IDisposable
{
    private Generator? generator;
    private long? microStep;

    /// <summary>Begins a micro-batch; null switches dropout off.</summary>
    public void Begin(long? microStep) => this.microStep = microStep;

    /// <summary>fp32 [N, C] of 0 and 1 / (1 − share) for x [.., C]; null where nothing is dropped.</summary>
    /// <param name="x">What is dropped from.</param>
    /// <param name="number">The number of the projection.</param>
    public Tensor? Mask(Tensor x, int number)
    {
        if (share == 0 || microStep is not { } step)
            return null;
        using var grad = torch.no_grad();
        generator ??= new Generator(0, x.device);
        generator.manual_seed(Seeds.Mix(Seeds.Mix(seed, step), number));
        var width = x.shape[^1];
        return torch.empty([x.numel() / width, width], ScalarType.Float32, x.device).bernoulli_(1 - share, generator).mul_(1 / (1 - share));
    }

    public void Dispose() => generator?.Dispose();
}

using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>Options of the sliding window.</summary>
public sealed record WindowOptions
{
    /// <summary>Tokens in sight, the current one counted. Published Liger code sees 65, its paper says 64 (arXiv 2503.01496, eq. 10).</summary>
    [OptionRange(1, 1 << 20, "tokens in sight, the current one counted")]
    public int Window { get; init; } = 64;

    /// <summary>First tokens of a document that stay in sight (Xiao et al. 2023). The published Liger models have none.</summary>
    [OptionRange(0, 1 << 16, "first tokens that stay in sight")]
    public int Sinks { get; init; }
}

/// <summary>Softmax attention over the last tokens and, where set, the first ones.</summary>
[TokenMixer("window", "softmax over the last tokens, and the first ones as sinks", "Beltagy et al. 2020, arXiv 2004.05150; Xiao et al. 2023, arXiv 2309.17453",
    Formula = "o_t = Σ_j softmax_j(q_t·k_j/√D) v_j over t − W < j ≤ t and j < sinks")]
public sealed class WindowMixer(WindowOptions options, CacheOptions cache, MixerShape shape) : TokenMixer, IRecordableMixer
{
    private readonly VisibleTokens visible = new(shape, new Visibility(options.Window, options.Sinks), cache);

    /// <summary>The options.</summary>
    public WindowOptions Options { get; } = options;

    /// <summary>How keys and values are kept.</summary>
    public CacheOptions Cache { get; } = cache;

    /// <summary>Window and sinks.</summary>
    internal Visibility Visibility => new(Options.Window, Options.Sinks);

    /// <inheritdoc/>
    public override Tensor Parallel(MixerInput input) => visible.Parallel(input);

    /// <inheritdoc/>
    public override MixerState NewState(int batch, ScalarType dtype, Device device) => visible.NewState(batch, dtype, device);

    /// <inheritdoc/>
    public override Tensor Extend(MixerInput input, MixerState state) => visible.Extend(input, (TokenCache)state);

    /// <summary>Remembers tokens of rows that are all alike without attending to any.</summary>
    internal void Take(MixerInput input, TokenCache cache) => visible.Take(input, cache);

    /// <inheritdoc/>
    bool IRecordableMixer.CanRecord => true;

    /// <inheritdoc/>
    MixerState IRecordableMixer.Recordable(MixerState state) => visible.Recordable((TokenCache)state);

    /// <inheritdoc/>
    Tensor IRecordableMixer.Next(MixerInput input, MixerState recordable, Tensor position) => VisibleTokens.Next(input, (RingCache)recordable, position);

    /// <inheritdoc/>
    void IRecordableMixer.Return(MixerState recordable, MixerState state, long position)
    {
        using var ring = (RingCache)recordable;
        ring.Return((TokenCache)state, position, Visibility);
    }

    /// <inheritdoc/>
    public override long StateBytes(long tokens, int elementSize) => visible.StateBytes(tokens, elementSize);
}

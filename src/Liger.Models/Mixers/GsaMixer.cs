using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>Options of gated slot attention.</summary>
public sealed record GsaOptions
{
    /// <summary>M, slots a kv head: the gate of slot m is the mean of D/M neighbouring key channels. 0 is D, as in the published checkpoint.</summary>
    [OptionRange(0, 1 << 14, "memory slots a kv head, a divisor of the head size; 0 is the head size")]
    public int Slots { get; init; }

    /// <summary>τ: log-decays are divided by it. The published code has 16.</summary>
    [OptionRange(1e-3, 1e6, "divides the log-decay: larger remembers longer")]
    public double GateDivisor { get; init; } = 16;
}

/// <summary>
/// Gated slot attention with the gate of Liger: queries and keys as they are, without scale; log-decay log σ(pool(k))/τ for each slot.
/// Computed in fp32.
/// </summary>
[TokenMixer("gsa", "gated slot attention, gate σ(pool(k))^(1/τ) a slot", "Lan et al. 2025, arXiv 2503.01496, table 1; Zhang et al. 2024, arXiv 2409.07146")]
public sealed class GsaMixer : RecurrentMixer
{
    private readonly MixerShape shape;
    private readonly int slots;

    /// <param name="options">The options.</param>
    /// <param name="shape">The layer's sizes.</param>
    /// <exception cref="ModelException">The slots do not divide the head size.</exception>
    public GsaMixer(GsaOptions options, MixerShape shape)
    {
        (Options, this.shape) = (options, shape);
        slots = options.Slots == 0 ? shape.HeadDim : options.Slots;
        if (shape.HeadDim % slots != 0)
            throw new ModelException($"mixer gsa: slots — expected a divisor of the head size {shape.HeadDim}, got {slots}.");
    }

    /// <summary>The options.</summary>
    public GsaOptions Options { get; }

    /// <inheritdoc/>
    public override Tensor Parallel(MixerInput input)
    {
        using var scope = NewDisposeScope();
        return GatedSlotAttention.Chunked(input.Queries, input.Keys, input.Values, LogDecay(input), documents: input.Layout?.Documents).Output
            .to(input.Queries.dtype).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override MixerState NewState(int batch, ScalarType dtype, Device device) => new RecurrentState(
        zeros([batch, shape.KvHeads, shape.HeadDim, slots], float32, device), zeros([batch, shape.KvHeads, slots, shape.HeadDim], float32, device));

    /// <inheritdoc/>
    public override Tensor Extend(MixerInput input, MixerState state)
    {
        using var scope = NewDisposeScope();
        var memory = (RecurrentState)state;
        var carried = new GatedSlotAttention.SlotState(memory[0], memory[1]);
        Tensor output;
        if (input.Queries.shape[1] == 1)
        {
            output = GatedSlotAttention.Step(input.Queries, input.Keys, input.Values, LogDecay(input), carried);
        }
        else
        {
            (output, var last) = GatedSlotAttention.Chunked(input.Queries, input.Keys, input.Values, LogDecay(input), carried);
            (memory[0], memory[1]) = (last.Keys, last.Values);
        }
        return output.to(input.Queries.dtype).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override long StateBytes(long tokens, int elementSize) => 2L * shape.KvHeads * shape.HeadDim * slots * sizeof(float);

    private Tensor LogDecay(MixerInput input)
    {
        var keys = input.Keys.to(float32);
        var pooled = slots == shape.HeadDim ? keys : keys.unflatten(-1, slots, shape.HeadDim / slots).mean([-1]);
        return nn.functional.logsigmoid(pooled) / Options.GateDivisor;
    }
}

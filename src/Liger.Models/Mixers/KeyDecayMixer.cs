using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>
/// Mixers with one log-decay a key channel and a D×D state per kv head: <see cref="GatedLinearAttention"/> under different feature maps
/// and gates. A deriving class gives only those.
/// </summary>
/// <param name="shape">The layer's sizes.</param>
public abstract class KeyDecayMixer(MixerShape shape) : RecurrentMixer
{
    /// <inheritdoc/>
    public override Tensor Parallel(MixerInput input)
    {
        using var scope = NewDisposeScope();
        var (q, k, g) = Features(input);
        return GatedLinearAttention.Chunked(q, k, input.Values, g, documents: input.Layout?.Documents).Output
            .to(input.Queries.dtype).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override MixerState NewState(int batch, ScalarType dtype, Device device) =>
        new RecurrentState(zeros([batch, shape.KvHeads, shape.HeadDim, shape.HeadDim], float32, device));

    /// <inheritdoc/>
    public override Tensor Extend(MixerInput input, MixerState state)
    {
        using var scope = NewDisposeScope();
        var memory = (RecurrentState)state;
        var (q, k, g) = Features(input);
        Tensor output;
        if (q.shape[1] == 1)
            output = GatedLinearAttention.Step(q, k, input.Values, g, memory[0]);
        else
            (output, memory[0]) = GatedLinearAttention.Chunked(q, k, input.Values, g, state: memory[0]);
        return output.to(input.Queries.dtype).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override long StateBytes(long tokens, int elementSize) => (long)shape.KvHeads * shape.HeadDim * shape.HeadDim * sizeof(float);

    /// <summary>Queries [B,T,H,D], keys and log-decays [B,T,Hkv,D] of the recurrence, in fp32.</summary>
    protected abstract (Tensor Queries, Tensor Keys, Tensor LogDecay) Features(MixerInput input);
}

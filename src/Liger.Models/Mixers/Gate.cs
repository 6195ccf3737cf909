namespace Liger.Models.Mixers;

/// <summary>Log-decays out of queries, keys, values or a constant; see <see cref="GateOptions"/>.</summary>
internal sealed class Gate
{
    /// <summary>Above it softplus is the identity, in any precision.</summary>
    private const double SoftplusLinear = 50;

    private readonly GateOptions options;
    private readonly GateShape shape;
    private readonly Func<Tensor, Tensor> logOf;
    private readonly long channels;
    private readonly MixerParameter? offset;

    /// <param name="mixer">For messages.</param>
    /// <param name="options">Source, divisor, bound and offset.</param>
    /// <param name="shape">One value a channel or a kv head.</param>
    /// <param name="sizes">The layer's sizes.</param>
    /// <param name="logOf">x → log f(x), at most 0 and finite for every finite x.</param>
    /// <param name="channels">Averages neighbouring channels down to this many; null: as many as a head has.</param>
    /// <exception cref="ModelException">A logit beside a source that is not constant.</exception>
    internal Gate(string mixer, GateOptions options, GateShape shape, MixerShape sizes, Func<Tensor, Tensor> logOf, long? channels = null)
    {
        (this.options, this.shape, this.logOf, this.channels) = (options, shape, logOf, channels ?? sizes.HeadDim);
        if (options.GateLogit != 0 && options.GateSource != GateSource.Constant)
            throw new ModelException(
                $"mixer {mixer}: gate-logit and gate-source exclude each other — expected gate-source constant or no gate-logit, got {MixerOption.Kebab(options.GateSource.ToString())}.");
        long[] gates = [sizes.KvHeads, shape == GateShape.Scalar ? 1 : this.channels];
        if (options.DecayOffset == DecayOffset.Learned)
            offset = new MixerParameter(gates, () => zeros(gates));
    }

    /// <summary>What it declares.</summary>
    internal IEnumerable<(string Name, MixerParameter Parameter)> Parameters => offset is null ? [] : [("decay-offset", offset)];

    /// <summary>log σ(x): the gate of GLA, HGRN2 and gated retention.</summary>
    internal static Tensor LogSigmoid(Tensor x) =>
        // libtorch's own log-sigmoid wakes all threads for a handful of numbers, which a single decoding step waits for.
        x.neg().softplus(threshold: SoftplusLinear).neg();

    /// <summary>τ where the gate is made of the keys alone and has no lower bound.</summary>
    internal double? KeyDivisor => options.GateSource == GateSource.Key && options.GateLowerBound == 0 && offset is null ? options.GateDivisor : null;

    /// <summary>[B,T,Hkv,D], or [B,T,Hkv,1] for scalar gates and for constant ones without offset.</summary>
    internal Tensor LogDecay(MixerInput input)
    {
        var logits = Logits(input);
        var decay = logOf(offset is null ? logits : logits + offset.Value.to(logits.dtype));
        if (options.GateDivisor != 1)
            decay = decay / options.GateDivisor;
        var bound = options.GateLowerBound;
        return bound == 0 ? decay : (decay.exp() * (1 - bound)).add(bound).log();
    }

    private Tensor Logits(MixerInput input)
    {
        var keys = input.Keys;
        var type = RecurrentMixer.Accumulator(keys);
        if (options.GateSource == GateSource.Constant)
            return full([keys.shape[0], keys.shape[1], keys.shape[2], 1], options.GateLogit, type, keys.device);
        var source = options.GateSource switch
        {
            GateSource.Query => input.Queries.to(type).unflatten(2, keys.shape[2], -1).mean([3]),
            GateSource.Value => input.Values.to(type),
            _ => keys.to(type),
        };
        if (shape == GateShape.Scalar)
            return source.mean([-1], keepdim: true);
        return channels != source.shape[^1] ? source.unflatten(-1, channels, -1).mean([-1]) : source;
    }
}

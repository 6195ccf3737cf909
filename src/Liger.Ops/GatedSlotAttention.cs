namespace Liger.Ops;

/// <summary>
/// Gated slot attention (Zhang et al. 2024, arXiv 2409.07146): M memory slots per kv head, written with strength s = 1 − e^g and
/// read by a softmax over the slots. K_t = K_{t−1} diag(e^{g_t}) + k_t s_tᵀ, p_t = softmax_M(K_tᵀ q_t), V_t = diag(e^{g_t}) V_{t−1} + s_t v_tᵀ,
/// o_t = V_tᵀ p_t: two passes of <see cref="GatedLinearAttention"/>, the first with decays on the value side.
/// </summary>
public static class GatedSlotAttention
{
    /// <summary>What is remembered between tokens, in fp32.</summary>
    /// <param name="Keys">[B,Hkv,K,M].</param>
    /// <param name="Values">[B,Hkv,M,V].</param>
    public readonly record struct SlotState(Tensor Keys, Tensor Values);

    /// <summary>The specification: one token after another.</summary>
    /// <param name="q">[B,T,H,K]; no scale is applied.</param>
    /// <param name="k">[B,T,Hkv,K].</param>
    /// <param name="v">[B,T,Hkv,V].</param>
    /// <param name="g">[B,T,Hkv,M] log-decays, at most 0.</param>
    /// <param name="state">The state before the first token; null is empty.</param>
    /// <param name="documents">[B,T] document numbers; the slots are emptied where they change.</param>
    /// <returns>Outputs [B,T,H,V] and the state after the last token.</returns>
    public static (Tensor Output, SlotState State) Naive(Tensor q, Tensor k, Tensor v, Tensor g, SlotState? state = null, Tensor? documents = null) =>
        Passes(GatedLinearAttention.Naive, q, k, v, g, state, documents);

    /// <summary>The fastest form for the tensors at hand, arguments as in <see cref="Naive"/>.</summary>
    public static (Tensor Output, SlotState State) Forward(Tensor q, Tensor k, Tensor v, Tensor g, SlotState? state = null, Tensor? documents = null) =>
        Passes(GatedLinearAttention.Forward, q, k, v, g, state, documents);

    /// <summary>The chunked form, arguments as in <see cref="Naive"/>.</summary>
    public static (Tensor Output, SlotState State) Chunked(Tensor q, Tensor k, Tensor v, Tensor g, SlotState? state = null, Tensor? documents = null) =>
        Passes(GatedLinearAttention.Chunked, q, k, v, g, state, documents);

    /// <summary>One token, for decoding; the state is updated in place.</summary>
    /// <returns>[B,1,H,V].</returns>
    public static Tensor Step(Tensor q, Tensor k, Tensor v, Tensor g, SlotState state)
    {
        var strength = Strength(g.to(state.Keys.dtype));
        var slots = GatedLinearAttention.Step(q, k, strength, g, state.Keys, DecaySide.Value).softmax(-1);
        return GatedLinearAttention.Step(slots, strength, v, g, state.Values);
    }

    private static (Tensor Output, SlotState State) Passes(
        Func<Tensor, Tensor, Tensor, Tensor, DecaySide, Tensor?, Tensor?, (Tensor Output, Tensor State)> recurrence,
        Tensor q, Tensor k, Tensor v, Tensor g, SlotState? state, Tensor? documents)
    {
        var strength = Strength(g.to(Shapes.Accumulator(q)));
        var (scores, keys) = recurrence(q, k, strength, g, DecaySide.Value, state?.Keys, documents);
        var (output, values) = recurrence(scores.softmax(-1), strength, v, g, DecaySide.Key, state?.Values, documents);
        return (output, new SlotState(keys, values));
    }

    private static Tensor Strength(Tensor g) => -g.expm1();
}

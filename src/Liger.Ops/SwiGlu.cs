using Liger.Ops.Cuda;

namespace Liger.Ops;

/// <summary>silu(gate) · up with silu(x) = x·σ(x), the gate of the Llama family's feed-forward (Shazeer 2020, arXiv 2002.05202).</summary>
public static class SwiGlu
{
    /// <param name="gate">[…,F].</param>
    /// <param name="up">The same shape.</param>
    /// <returns>The same shape. On a GPU only gate and up are kept for the gradient.</returns>
    public static Tensor Forward(Tensor gate, Tensor up) => SwiGluKernel.Serves(gate, up) ? Function.apply(gate, up) : Naive(gate, up);

    /// <summary>The same out of plain operations: what the faster form is tested against.</summary>
    public static Tensor Naive(Tensor gate, Tensor up) => nn.functional.silu(gate) * up;

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => nameof(SwiGlu);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (gate, up) = ((Tensor)vars[0], (Tensor)vars[1]);
            ctx.save_for_backward([gate, up]);
            return SwiGluKernel.Forward(gate, up);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            var saved = ctx.get_saved_variables();
            var (gate, up) = SwiGluKernel.Backward(saved[0], saved[1], grad_output);
            return [gate, up];
        }
    }
}

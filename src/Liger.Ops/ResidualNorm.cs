using Liger.Ops.Cuda;

namespace Liger.Ops;

/// <summary>
/// A residual sum and the norm of it, as pre-norm blocks take them: s = x + δ, y = <see cref="RmsNorm"/>(s). On a GPU one pass each way:
/// the gradient that comes for s itself is added where that through y is made.
/// </summary>
public static class ResidualNorm
{
    /// <param name="x">[…,C].</param>
    /// <param name="delta">Like x; null: s = x.</param>
    /// <param name="weight">[C].</param>
    /// <param name="epsilon">As for <see cref="RmsNorm"/>.</param>
    /// <returns>s and y, like x.</returns>
    public static (Tensor Sum, Tensor Normed) Forward(Tensor x, Tensor? delta, Tensor weight, double epsilon)
    {
        if (weight.requires_grad || !RmsNormKernel.Serves(x, weight))
            return Plain(x, delta, weight, epsilon);
        var results = Function.apply(x, delta!, weight, epsilon);
        return (results[0], results[1]);
    }

    /// <summary>The same out of other operations: what the faster form is tested against.</summary>
    public static (Tensor Sum, Tensor Normed) Plain(Tensor x, Tensor? delta, Tensor weight, double epsilon)
    {
        var sum = delta is null ? x : x + delta;
        return (sum, RmsNorm.Forward(sum, weight, epsilon));
    }

    private sealed class Function : autograd.MultiTensorFunction<Function>
    {
        public override string Name => nameof(ResidualNorm);

        public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (x, weight) = ((Tensor)vars[0], (Tensor)vars[2]);
            var (sum, normed, inverse) = RmsNormKernel.Forward(x, (Tensor?)vars[1], weight, (double)vars[3]);
            ctx.save_for_backward([sum ?? x, weight, inverse]);
            ctx.set_materialize_grads(false);
            return [sum ?? x, normed];
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
        {
            var saved = ctx.get_saved_variables();
            var (ofSum, ofNormed) = ((Tensor?)grad_outputs[0], (Tensor?)grad_outputs[1]);
            var grad = ofNormed is null ? ofSum! : RmsNormKernel.Backward(saved[0], saved[1], saved[2], ofNormed, ofSum);
            return [grad, grad, null!, null!];
        }
    }
}

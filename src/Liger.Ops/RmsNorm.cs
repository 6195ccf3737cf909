using Liger.Ops.Cuda;

namespace Liger.Ops;

/// <summary>
/// Root-mean-square normalisation over the last dimension: y = w · x / √(mean(x²) + ε).
/// Statistics in fp32 (float64 stays), result in the dtype of x. Source: Zhang and Sennrich 2019 (arXiv 1910.07467, eq. 4), as
/// the Llama family uses it: x is normalised in fp32, rounded to its dtype, then multiplied by w.
/// </summary>
public static class RmsNorm
{
    /// <param name="x">[…,C].</param>
    /// <param name="weight">[C].</param>
    /// <param name="epsilon">Added to the mean square; 1e-5 or 1e-6 in the Llama family.</param>
    /// <returns>[…,C] in the dtype of x.</returns>
    public static Tensor Forward(Tensor x, Tensor weight, double epsilon) => Function.apply(x, weight, epsilon);

    /// <summary>The same out of plain operations: what the faster form is tested against.</summary>
    public static Tensor Naive(Tensor x, Tensor weight, double epsilon)
    {
        var wide = x.to(Shapes.Accumulator(x));
        var normed = wide * (wide.square().mean([-1], keepdim: true) + epsilon).rsqrt();
        return weight * normed.to(x.dtype);
    }

    /// <summary>Keeps x and one number per row for backward, instead of every intermediate.</summary>
    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => nameof(RmsNorm);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            using var scope = NewDisposeScope();
            var (x, weight, epsilon) = ((Tensor)vars[0], (Tensor)vars[1], (double)vars[2]);
            ctx.save_data("weight", weight.requires_grad);
            if (RmsNormKernel.Serves(x, weight))
            {
                var (_, y, r) = RmsNormKernel.Forward(x, null, weight, epsilon);
                ctx.save_for_backward([x, weight, r.MoveToOuterDisposeScope()]);
                return y.MoveToOuterDisposeScope();
            }
            var wide = x.to(Shapes.Accumulator(x));
            var inverse = wide.square().mean([-1], keepdim: true).add_(epsilon).rsqrt_();
            var normed = wide * inverse;
            var result = x.dtype == normed.dtype ? normed.mul_(weight) : normed.to(x.dtype).mul_(weight);
            ctx.save_for_backward([x, weight, inverse.MoveToOuterDisposeScope()]);
            return result.MoveToOuterDisposeScope();
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            var saved = ctx.get_saved_variables();
            var (x, weight, inverse) = (saved[0], saved[1], saved[2]);
            var ofWeight = (bool)ctx.get_data("weight");
            if (!ofWeight && RmsNormKernel.Serves(x, weight))
                return [RmsNormKernel.Backward(x, weight, inverse, grad_output, null), null!, null!];
            inverse = inverse.view([.. x.shape[..^1], 1]);
            var wide = x.to(inverse.dtype);
            var normed = wide * inverse;
            var wideGrad = grad_output.to(inverse.dtype);
            // With n = x/rms: dx = (w·dy − n · mean(n · w · dy)) / rms.
            var scaled = wideGrad * weight;
            var projection = (normed * scaled).mean([-1], keepdim: true);
            var dx = scaled.sub_(normed * projection).mul_(inverse).to(x.dtype);
            var dw = ofWeight
                ? (normed.to(x.dtype) * grad_output).flatten(0, -2).sum(0, type: inverse.dtype).to(weight.dtype)
                : null!;
            return [dx, dw, null!];
        }
    }
}

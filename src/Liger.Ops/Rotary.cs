namespace Liger.Ops;

/// <summary>
/// Rotary position embedding (Su et al. 2021, arXiv 2104.09864) in the half-rotation layout of Hugging Face's Llama: channel i is
/// paired with channel i + D/2, and the pair is turned by the angle position · frequency_i.
/// </summary>
public static class Rotary
{
    /// <summary>Cosines and sines for the given positions.</summary>
    /// <param name="frequencies">[D/2] in float64 or fp32.</param>
    /// <param name="positions">[T] or [B,T], int64.</param>
    /// <param name="dtype">The dtype of the queries and keys that will be turned.</param>
    /// <returns>Both [T,D/2] or [B,T,D/2].</returns>
    public static (Tensor Cos, Tensor Sin) Table(Tensor frequencies, Tensor positions, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        var angles = positions.unsqueeze(-1).to(frequencies.dtype) * frequencies;
        return (angles.cos().to(dtype).MoveToOuterDisposeScope(), angles.sin().to(dtype).MoveToOuterDisposeScope());
    }

    /// <summary>Turns queries or keys.</summary>
    /// <param name="x">[B,T,H,D].</param>
    /// <param name="cos">[T,D/2] or [B,T,D/2] from <see cref="Table"/>.</param>
    /// <param name="sin">As cos.</param>
    /// <returns>[B,T,H,D].</returns>
    public static Tensor Apply(Tensor x, Tensor cos, Tensor sin) => Function.apply(x, cos, sin);

    /// <summary>The same out of plain operations: what the faster form is tested against.</summary>
    public static Tensor Naive(Tensor x, Tensor cos, Tensor sin)
    {
        var halves = x.chunk(2, -1);
        var (c, s) = (cos.unsqueeze(-2), sin.unsqueeze(-2));
        return cat([(halves[0] * c) - (halves[1] * s), (halves[1] * c) + (halves[0] * s)], -1);
    }

    private static Tensor Turn(Tensor x, Tensor cos, Tensor sin, bool back)
    {
        using var scope = NewDisposeScope();
        var halves = x.unflatten(-1, 2, -1);
        var (result, s) = (halves * cos.unsqueeze(-2).unsqueeze(-2), sin.unsqueeze(-2));
        var sign = back ? -1 : 1;
        result.select(-2, 0).addcmul_(halves.select(-2, 1), s, value: -sign);
        result.select(-2, 1).addcmul_(halves.select(-2, 0), s, value: sign);
        return result.flatten(-2).MoveToOuterDisposeScope();
    }

    /// <summary>The gradient is the turn back by the same angles: nothing of x is kept.</summary>
    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => nameof(Rotary);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (x, cos, sin) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2]);
            ctx.save_for_backward([cos, sin]);
            return Turn(x, cos, sin, back: false);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            var saved = ctx.get_saved_variables();
            return [Turn(grad_output, saved[0], saved[1], back: true), null!, null!];
        }
    }
}

namespace Liger.Ops;

/// <summary>
/// Rows of numbers in 8 bits: the scale s = max|x| / 127 in bf16, and the codes c = round(x / s), −127 … 127, of which x̂ = c · s is made again.
/// One scale for each vector, symmetric (vector-wise: Dettmers et al. 2022, arXiv 2208.07339, §2), here a token's key or value of one kv head.
/// Differs: KIVI (Liu et al. 2024, arXiv 2402.02750) takes values per token so, but keys per channel, with a zero point and 2 bits.
/// A row whose scale would be less than bf16 holds becomes zeros, numbers above 127 · 2¹²¹ become that; NaN stays.
/// </summary>
public static class Int8Rows
{
    private const int ScaleBytes = 2;
    private const double MostCode = 127, MostFloat16 = 65504;

    /// <summary>Above it 127 scales are no bf16 number.</summary>
    private static readonly double MostScale = Math.ScaleB(1, 121);

    /// <summary>Bytes of a packed row of D numbers: D + 2.</summary>
    /// <param name="width">D.</param>
    public static long Bytes(long width) => width + ScaleBytes;

    /// <summary>Packs rows: the codes, and after them the scale's two bytes.</summary>
    /// <param name="x">[…,D].</param>
    /// <returns>[…,D+2] int8.</returns>
    public static Tensor Pack(Tensor x)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        var wide = x.to(Shapes.Accumulator(x));
        var scale = (wide.abs().amax([-1], keepdim: true) / MostCode).clamp_max(MostScale).to(bfloat16);
        var divisor = scale.to(wide.dtype);
        var codes = (wide / divisor.masked_fill(divisor.eq(0), 1)).round().clamp_(-MostCode, MostCode).to(int8);
        return cat([codes, scale.view(int8)], -1).MoveToOuterDisposeScope();
    }

    /// <summary>The numbers that packed rows stand for.</summary>
    /// <param name="packed">[…,D+2] int8.</param>
    /// <param name="dtype">Of the result.</param>
    /// <returns>[…,D].</returns>
    public static Tensor Unpack(Tensor packed, ScalarType dtype)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        var width = packed.shape[^1] - ScaleBytes;
        // fp16 has too few exponents for a scale. A code times a scale has 15 bits: exact in fp32, rounded once in bf16.
        var type = dtype == float16 ? float32 : dtype;
        // Bytes that are viewed as numbers of two must lie together.
        var scale = empty([.. packed.shape[..^1], ScaleBytes], int8, packed.device).copy_(packed.narrow(-1, width, ScaleBytes)).view(bfloat16);
        var x = packed.narrow(-1, 0, width).to(type).mul_(scale.to(type));
        return (dtype == float16 ? x.clamp_(-MostFloat16, MostFloat16).to(dtype) : x).MoveToOuterDisposeScope();
    }

    /// <summary>Packs and unpacks. Gradients go through as if nothing had been rounded (straight-through: Bengio et al. 2013, arXiv 1308.3432).</summary>
    /// <param name="x">[…,D].</param>
    /// <returns>[…,D] in the dtype of x.</returns>
    public static Tensor Round(Tensor x) => Function.apply(x);

    /// <summary>The same, number by number.</summary>
    /// <param name="x">[…,D].</param>
    /// <returns>[…,D] in float64.</returns>
    public static Tensor Naive(Tensor x)
    {
        var (numbers, width) = (x.cpu().to(float64).contiguous().data<double>().ToArray(), (int)x.shape[^1]);
        for (var from = 0; from < numbers.Length; from += width)
        {
            var row = numbers.AsSpan(from, width);
            var most = 0.0;
            foreach (var number in row)
                most = Math.Max(most, Math.Abs(number));
            var scale = BFloat16(Math.Min(most / MostCode, MostScale));
            for (var i = 0; i < width; i++)
                row[i] = scale == 0 ? 0 : (sbyte)Math.Clamp(Math.Round(row[i] / scale), -MostCode, MostCode) * scale;
        }
        return tensor(numbers, x.shape);
    }

    /// <summary>The nearest number with 8 bits before its exponent, the even one of two.</summary>
    private static double BFloat16(double x)
    {
        const int least = -133;
        if (x == 0 || double.IsNaN(x))
            return x;
        var step = Math.ScaleB(1, Math.Max(Math.ILogB(x) - 7, least));
        return Math.Round(x / step) * step;
    }

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => nameof(Int8Rows);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var x = (Tensor)vars[0];
            using var packed = Pack(x);
            return Unpack(packed, x.dtype);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => [grad_output];
    }
}

using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>
/// y = base + s·(x∘m)AᵀBᵀ with a hand-written gradient. For x [.., C], A [R, C], B [O, R], base [.., O]:
/// the products are exact fp32 whatever the type of x (as PEFT computes them), but of x only the original is kept for the backward
/// pass, which all projections of a layer share: plain autograd would keep an fp32 copy of x a projection.
/// <para>With h = (x∘m)Aᵀ and gy the gradient of y: gbase = gy, gh = s·gy·B, gB = s·gyᵀh, gA = ghᵀ(x∘m), gx = (gh·A)∘m.</para>
/// </summary>
internal sealed class LoraFunction : torch.autograd.SingleTensorFunction<LoraFunction>
{
    private const string ScaleKey = "scale", InputKey = "input";

    public override string Name => nameof(LoraFunction);

    /// <param name="ctx">Filled for the backward pass.</param>
    /// <param name="vars">x, A, B, base output, mask (already divided by the share that is kept; null: no dropout), scale.</param>
    public override Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, a, b, y, mask, scale) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (Tensor)vars[3], (Tensor?)vars[4], (double)vars[5]);
        using var scope = torch.NewDisposeScope();
        var h = Input(x, mask).mm(a.t());
        ctx.save_for_backward(mask is null ? [x, a, b, h] : [x, a, b, h, mask]);
        ctx.save_data(ScaleKey, scale);
        ctx.save_data(InputKey, x.requires_grad);
        var sum = Rows(y).to(ScalarType.Float32).addmm(h, b.t(), alpha: (float)scale);
        h.MoveToOuterDisposeScope();
        return sum.to(y.dtype).view(y.shape).MoveToOuterDisposeScope();
    }

    public override List<Tensor> backward(torch.autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = torch.NewDisposeScope();
        var saved = ctx.get_saved_variables();
        var (x, a, b, h, mask) = (saved[0], saved[1], saved[2], saved[3], saved.Count > 4 ? saved[4] : null);
        var scale = (double)ctx.get_data(ScaleKey);
        var gy = Rows(grad_output).to(ScalarType.Float32);
        var gh = gy.mm(b).mul_(scale);
        var gb = gy.t().mm(h).mul_(scale);
        var ga = gh.t().mm(Input(x, mask));
        Tensor? gx = null;
        if ((bool)ctx.get_data(InputKey))
        {
            gx = gh.mm(a);
            if (mask is not null)
                gx.mul_(mask);
            gx = gx.to(x.dtype).view(x.shape).MoveToOuterDisposeScope();
        }
        var gbase = grad_output.alias().MoveToOuterDisposeScope();
        return [gx!, ga.MoveToOuterDisposeScope(), gb.MoveToOuterDisposeScope(), gbase, null!, null!];
    }

    private static Tensor Input(Tensor x, Tensor? mask)
    {
        var rows = Rows(x).to(ScalarType.Float32);
        return mask is null ? rows : rows.mul(mask);
    }

    private static Tensor Rows(Tensor x) => x.reshape(-1, x.shape[^1]);
}

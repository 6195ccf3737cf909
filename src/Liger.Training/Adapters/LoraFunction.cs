using Liger.Models.Graph;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>
/// y = base(x) + s·(x∘m)AᵀBᵀ with a hand-written gradient. For x [.., C], base weight W [O, C], A [R, C], B [O, R]: of x only the original
/// is kept for the backward pass, which all projections of a layer share, and both terms are added up in place.
/// On a CPU the low-rank products are exact fp32 whatever the type of x, as PEFT computes them; on a GPU they are computed in the type of
/// x with sums in fp32, as PEFT computes them under autocast.
/// <para>With h = (x∘m)Aᵀ and gy the gradient of y: gh = s·gy·B, gB = s·gyᵀh, gA = ghᵀ(x∘m), gx = gy·W + (gh·A)∘m.</para>
/// </summary>
internal sealed class LoraFunction : torch.autograd.SingleTensorFunction<LoraFunction>
{
    private const string ScaleKey = "scale", InputKey = "input", BaseKey = "base";

    public override string Name => nameof(LoraFunction);

    /// <param name="ctx">Filled for the backward pass.</param>
    /// <param name="vars">x, A, B, mask (already divided by the share that is kept; null: no dropout), the base projection, scale.</param>
    public override Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, a, b, mask, inner, scale) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (Tensor?)vars[3], (Linear)vars[4], (double)vars[5]);
        using var scope = torch.NewDisposeScope();
        var type = Product(x);
        var h = Input(x, mask, type).mm(a.to(type).t());
        ctx.save_for_backward(mask is null ? [x, a, b, h] : [x, a, b, h, mask]);
        ctx.save_data(ScaleKey, scale);
        ctx.save_data(InputKey, x.requires_grad);
        ctx.save_data(BaseKey, inner);
        var y = inner.forward(x);
        h.MoveToOuterDisposeScope();
        var sum = Rows(y).to(type).addmm_(h, b.to(type).t(), alpha: (float)scale);
        return sum.to(y.dtype).view(y.shape).MoveToOuterDisposeScope();
    }

    public override List<Tensor> backward(torch.autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = torch.NewDisposeScope();
        var saved = ctx.get_saved_variables();
        var (x, a, b, h, mask) = (saved[0], saved[1], saved[2], saved[3], saved.Count > 4 ? saved[4] : null);
        var (scale, inner) = ((double)ctx.get_data(ScaleKey), (Linear)ctx.get_data(BaseKey));
        var type = Product(x);
        var gy = Rows(grad_output);
        var wide = gy.to(type);
        var gh = wide.mm(b.to(type)).mul_(scale);
        var gb = wide.t().mm(h).to(b.dtype).mul_(scale);
        var ga = gh.t().mm(Input(x, mask, type)).to(a.dtype);
        Tensor? gx = null;
        if ((bool)ctx.get_data(InputKey))
        {
            gx = gy.mm(inner.Weight);
            if (mask is null && gx.dtype == type)
                gx.addmm_(gh, a.to(type));
            else
                gx.add_(Masked(gh.mm(a.to(type)), mask));
            gx = gx.view(x.shape).MoveToOuterDisposeScope();
        }
        return [gx!, ga.MoveToOuterDisposeScope(), gb.MoveToOuterDisposeScope(), null!, null!, null!];
    }

    private static ScalarType Product(Tensor x) => x.is_cuda ? x.dtype : ScalarType.Float32;

    private static Tensor Input(Tensor x, Tensor? mask, ScalarType type) => Masked(Rows(x).to(type), mask);

    private static Tensor Masked(Tensor rows, Tensor? mask) => mask is null ? rows : rows.mul(mask.to(rows.dtype));

    private static Tensor Rows(Tensor x) => x.reshape(-1, x.shape[^1]);
}

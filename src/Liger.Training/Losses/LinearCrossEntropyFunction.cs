using Liger.Ops.Cuda;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>The autograd side of <see cref="LinearCrossEntropy"/>: forward makes the gradients too, backward only scales them.</summary>
internal sealed class LinearCrossEntropyFunction : torch.autograd.SingleTensorFunction<LinearCrossEntropyFunction>
{
    public override string Name => nameof(LinearCrossEntropyFunction);

    public override Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
    {
        var (hidden, head) = ((Tensor)vars[0], (Tensor)vars[1]);
        var (loss, ofHidden, ofHead) = Forward(hidden, head, (Tensor)vars[2], (double)vars[3], (long)vars[4], hidden.requires_grad, head.requires_grad);
        ctx.save_for_backward([ofHidden!, ofHead!]);
        return loss;
    }

    public override List<Tensor> backward(torch.autograd.AutogradContext ctx, Tensor grad_output)
    {
        var saved = ctx.get_saved_variables();
        return [Scaled(saved[0], grad_output)!, Scaled(saved[1], grad_output)!, null!, null!, null!];
    }

    /// <summary>The loss and, where asked for, its gradients in the types of hidden and head.</summary>
    public static (Tensor Loss, Tensor? OfHidden, Tensor? OfHead) Forward(
        Tensor hidden, Tensor head, Tensor targets, double scale, long rows, bool needHidden, bool needHead)
    {
        using var grad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var loss = torch.zeros([], ScalarType.Float32, hidden.device);
        var ofHidden = needHidden ? torch.empty_like(hidden) : null;
        var ofHead = needHead ? torch.zeros_like(head, ScalarType.Float32) : null;
        var count = hidden.shape[0];
        for (long from = 0; from < count; from += rows)
        {
            using var portion = torch.NewDisposeScope();
            var n = Math.Min(rows, count - from);
            var h = hidden.narrow(0, from, n);
            var target = targets.narrow(0, from, n);
            var weight = target.ne(LinearCrossEntropy.Ignored).to(ScalarType.Float32).mul_(scale).unsqueeze(1);
            var index = target.clamp_min(0).unsqueeze(1);
            var logits = h.mm(head.t());
            if (CrossEntropyKernel.Serves(logits))
            {
                loss.add_(CrossEntropyKernel.Run(logits, target, needHidden || needHead).dot(weight.squeeze(1)));
                AddGradients(logits);
                continue;
            }
            var p = logits.log_softmax(1, ScalarType.Float32);
            logits.Dispose();
            loss.sub_(p.gather(1, index).mul_(weight).sum());
            if (!needHidden && !needHead)
                continue;
            // The log-probabilities turn into the gradient of the logits: probability minus one at the target. What a row counts is
            // multiplied into the narrow factors and products, not into the wide matrix.
            p.exp_().scatter_add_(1, index, torch.full_like(weight, -1));
            AddGradients(p.to(hidden.dtype));

            void AddGradients(Tensor gradient)
            {
                ofHidden?.narrow(0, from, n).copy_(gradient.mm(head).mul(weight));
                ofHead?.add_(gradient.t().mm(h.mul(weight).to(head.dtype)));
            }
        }
        var ofHeadTyped = ofHead?.to(head.dtype);
        return (loss.MoveToOuterDisposeScope(), ofHidden?.MoveToOuterDisposeScope(), ofHeadTyped?.MoveToOuterDisposeScope());
    }

    private static Tensor? Scaled(Tensor? gradient, Tensor factor) => gradient?.mul(factor.to(gradient.dtype));
}

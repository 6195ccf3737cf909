using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>The autograd side of <see cref="LinearDivergence"/>: forward makes the gradient too, backward only scales it.</summary>
internal sealed class LinearDivergenceFunction : torch.autograd.SingleTensorFunction<LinearDivergenceFunction>
{
    public override string Name => nameof(LinearDivergenceFunction);

    public override Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
    {
        var (loss, gradient) = Forward(
            (Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (Tensor)vars[3], (double)vars[4], (DistillationOptions)vars[5], (long)vars[6], true);
        ctx.save_for_backward([gradient!]);
        return loss;
    }

    public override List<Tensor> backward(torch.autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = torch.NewDisposeScope();
        var gradient = ctx.get_saved_variables()[0];
        return [gradient.mul(grad_output.to(gradient.dtype)).MoveToOuterDisposeScope(), null!, null!, null!, null!, null!, null!];
    }

    /// <summary>The loss and, where asked for, its gradient for the student's states in their type.</summary>
    public static (Tensor Loss, Tensor? Gradient) Forward(
        Tensor hidden, Tensor teacher, Tensor head, Tensor targets, double scale, DistillationOptions options, long rows, bool needGradient)
    {
        using var grad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var loss = torch.zeros([], ScalarType.Float32, hidden.device);
        var gradient = needGradient ? torch.empty_like(hidden) : null;
        var count = hidden.shape[0];
        for (long from = 0; from < count; from += rows)
        {
            using var portion = torch.NewDisposeScope();
            var n = Math.Min(rows, count - from);
            var target = targets.narrow(0, from, n);
            var weight = target.ne(LinearCrossEntropy.Ignored).to(ScalarType.Float32).mul_(scale);
            var student = hidden.narrow(0, from, n).mm(head.t());
            var (losses, ofLogits) = OfLogits(student, teacher.narrow(0, from, n).mm(head.t()), target, options, needGradient);
            loss.add_(losses.dot(weight));
            // What a row counts is multiplied into the narrow product, not into the wide matrix.
            gradient?.narrow(0, from, n).copy_(ofLogits!.to(head.dtype).mm(head).mul(weight.unsqueeze(1)));
        }
        return (loss.MoveToOuterDisposeScope(), gradient?.MoveToOuterDisposeScope());
    }

    /// <summary>Losses [N] of rows of logits [N, V] and the gradient for the student's, all fp32.</summary>
    private static (Tensor Losses, Tensor? Gradient) OfLogits(Tensor student, Tensor teacher, Tensor target, DistillationOptions options, bool needGradient)
    {
        var (temperature, alpha) = (options.Temperature, options.CrossEntropy);
        var q = Tempered(student, temperature).log_softmax(1, ScalarType.Float32);
        var (losses, gradient) = Divergence(q, Tempered(teacher, temperature), options.TopK, needGradient);
        if (temperature != 1)
            (losses, gradient) = (losses.mul_(temperature * temperature), gradient?.mul_(temperature));
        if (alpha == 0)
            return (losses, gradient);
        var index = target.clamp_min(0).unsqueeze(1);
        var own = student.log_softmax(1, ScalarType.Float32);
        var mixed = losses.mul_(1 - alpha).sub_(own.gather(1, index).squeeze(1).mul_(alpha));
        return (mixed, gradient?.mul_(1 - alpha).add_(own.exp_().scatter_add_(1, index, torch.full_like(index, -1, ScalarType.Float32)), alpha));
    }

    /// <summary>KL(teacher ‖ student) a row and q − p; the student's log-probabilities are used up.</summary>
    private static (Tensor Losses, Tensor? Gradient) Divergence(Tensor q, Tensor teacher, int? topK, bool needGradient)
    {
        if (topK is { } k && k < q.shape[1])
        {
            var (values, places) = teacher.topk(k, 1);
            var kept = values.log_softmax(1, ScalarType.Float32);
            var few = kept.exp();
            var losses = kept.sub_(q.gather(1, places)).mul_(few).sum(1);
            return (losses, needGradient ? q.exp_().scatter_add_(1, places, few.neg_()) : null);
        }
        var log = teacher.log_softmax(1, ScalarType.Float32);
        var p = log.exp();
        var divergence = log.sub_(q).mul_(p).sum(1);
        return (divergence, needGradient ? q.exp_().sub_(p) : null);
    }

    private static Tensor Tempered(Tensor logits, double temperature) => temperature == 1 ? logits : logits.to(ScalarType.Float32).div(temperature);
}

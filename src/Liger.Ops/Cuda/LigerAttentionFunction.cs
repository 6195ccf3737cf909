namespace Liger.Ops.Cuda;

/// <summary>
/// <see cref="LigerAttention"/> on kernels. Kept for backward, beside the inputs: the window's denominators, the bf16 state each chunk
/// starts from and the scores inside blocks of 16 tokens, together about what the queries take.
/// </summary>
internal sealed class LigerAttentionFunction : autograd.MultiTensorFunction<LigerAttentionFunction>
{
    public override string Name => nameof(LigerAttention);

    internal static (Tensor Output, Tensor? State) Apply(Tensor q, Tensor k, Tensor v, WindowBranch? window, RecurrenceBranch? recurrence, Tensor? documents)
    {
        var settings = new LigerSettings(window?.Visibility, window?.Weight ?? 0, recurrence?.Gate, recurrence?.Divisor ?? 1, recurrence?.Weight ?? 0);
        var decay = recurrence?.LogDecay?.to(float32).expand(k.shape);
        var results = apply(q, k, v, decay!, recurrence?.Initial!, documents!, window?.Cos!, window?.Sin!, settings);
        return (results[0], recurrence is null ? null : results[1]);
    }

    public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
    {
        using var scope = NewDisposeScope();
        var settings = (LigerSettings)vars[^1];
        var given = vars[..^1].Select(x => (Tensor?)x).ToArray();
        var initial = given[4];
        var run = new LigerAttentionRun(settings, [given[0], given[1], given[2], given[3], given[5], given[6], given[7]]);
        var output = run.Forward(initial);
        ctx.save_for_backward(run.Tensors!);
        ctx.save_data("settings", settings);
        ctx.save_data("initial", initial is { requires_grad: true });
        ctx.set_materialize_grads(false);
        foreach (var tensor in run.Made.Append(output))
            _ = tensor.MoveToOuterDisposeScope();
        return run.Last is null ? [output] : [output, run.Last];
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
    {
        var run = new LigerAttentionRun((LigerSettings)ctx.get_data("settings"), [.. ctx.get_saved_variables()]);
        var grads = run.Backward(grad_outputs[0], grad_outputs.Count > 1 ? grad_outputs[1] : null, (bool)ctx.get_data("initial"));
        return [grads.Queries, grads.Keys, grads.Values, grads.LogDecay!, grads.Initial!, null!, null!, null!, null!];
    }
}

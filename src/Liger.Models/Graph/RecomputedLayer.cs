namespace Liger.Models.Graph;

/// <summary>
/// Activation checkpointing (Chen et al. 2016, arXiv 1604.06174): of a layer only the input is kept; the backward pass computes the layer
/// again, now recorded, and goes back through it. Gradients of trained weights inside arrive in their leaves as usual. It is computed with the
/// mixer and projections of the forward pass, whatever the layer has by then.
/// </summary>
internal sealed class RecomputedLayer : autograd.SingleTensorFunction<RecomputedLayer>
{
    private const string LayerKey = "layer", FormKey = "form", InputKey = "input";

    public override string Name => nameof(RecomputedLayer);

    /// <param name="layer">Must give the same values when it is called again.</param>
    /// <param name="x">[B,T,C].</param>
    /// <param name="rotary">As for the layer.</param>
    /// <param name="layout">As for the layer.</param>
    /// <param name="anchor">Any tensor that requires a gradient: without one, a first layer whose input needs none would not be recorded.</param>
    /// <returns>[B,T,C].</returns>
    public static Tensor Run(DecoderLayer layer, Tensor x, RotaryTable rotary, SequenceLayout? layout, Tensor anchor) =>
        apply(x, rotary.Cos, rotary.Sin, layout?.Documents!, layout?.Positions!, anchor, layer);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        Tensor[] kept = [.. vars.Take(5).Select(v => (Tensor)v)];
        ctx.save_for_backward([.. kept]);
        var layer = (DecoderLayer)vars[6];
        ctx.save_data(LayerKey, layer);
        ctx.save_data(FormKey, layer.Form);
        ctx.save_data(InputKey, kept[0].requires_grad);
        using var layout = Layout(kept);
        return layer.forward(kept[0], new RotaryTable(kept[1], kept[2]), layout, null);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        var kept = ctx.get_saved_variables();
        var x = kept[0].detach().requires_grad_((bool)ctx.get_data(InputKey));
        using var layout = Layout(kept);
        var layer = (DecoderLayer)ctx.get_data(LayerKey);
        var now = layer.Form;
        layer.Form = (LayerForm)ctx.get_data(FormKey);
        try
        {
            using (enable_grad())
                layer.Backward(x, new RotaryTable(kept[1], kept[2]), layout, grad_output);
        }
        finally
        {
            layer.Form = now;
        }
        return [x.grad?.MoveToOuterDisposeScope()!, null!, null!, null!, null!, null!, null!];
    }

    private static SequenceLayout? Layout(IReadOnlyList<Tensor> kept) => kept[3] is null ? null : new SequenceLayout(kept[3].alias(), kept[4].alias());
}

using Liger.Checkpoints;
using Liger.Models.Mixers;
using Liger.Ops;

namespace Liger.Models.Graph;

/// <summary>x + attention(norm(x)), then x + feedForward(norm(x)): the pre-norm block of the Llama family.</summary>
public sealed class DecoderLayer : IDisposable
{
    private readonly double epsilon;
    private readonly string name;
    private readonly Parameter inputNorm;
    private readonly Parameter postNorm;
    private readonly FeedForward feedForward;

    internal DecoderLayer(HfConfig config, int layer, TokenMixer mixer, WeightSource weights)
    {
        (epsilon, name) = (config.RmsNormEps, $"model.layers.{layer}");
        inputNorm = Linear.Frozen(weights.Get("input_layernorm.weight", [config.HiddenSize]));
        Attention = new Attention(config, layer, mixer, weights);
        postNorm = Linear.Frozen(weights.Get("post_attention_layernorm.weight", [config.HiddenSize]));
        feedForward = new FeedForward(config, layer, weights);
    }

    /// <summary>The attention of this layer.</summary>
    public Attention Attention { get; }

    /// <summary>The mixer and what the projections call, now; setting it exchanges them.</summary>
    internal LayerForm Form
    {
        get => new(Attention.Mixer, [.. Slots.Select(slot => slot.Value)]);
        set
        {
            Attention.Mixer = value.Mixer;
            foreach (var (slot, projection) in Slots.Zip(value.Projections))
                slot.Value = projection;
        }
    }

    internal IEnumerable<ProjectionSlot> Slots => [.. Attention.Slots, .. feedForward.Slots];

    internal IEnumerable<(string Name, Parameter Weight)> Parameters =>
    [
        ($"{name}.input_layernorm.weight", inputNorm),
        .. Attention.Slots.SelectMany(s => s.Parameters),
        .. Attention.Norms,
        ($"{name}.post_attention_layernorm.weight", postNorm),
        .. feedForward.Slots.SelectMany(s => s.Parameters),
    ];

    /// <summary>[B,T,C] → [B,T,C], all tokens at once or appended to a state.</summary>
    internal Tensor forward(Tensor x, RotaryTable rotary, SequenceLayout? layout, MixerState? state, Tensor? recorded = null)
    {
        using var scope = NewDisposeScope();
        var (attended, inner) = UpToDown(x, rotary, layout, state, recorded);
        return (attended + feedForward.Down(inner)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// This layer as the original has it and, on the same input, its attention as it is now; only the latter is recorded where gradients are.
    /// </summary>
    /// <param name="original">The original's mixer and projections.</param>
    /// <param name="x">The original's input of this layer, [B,T,C].</param>
    /// <param name="rotary">As for the layer.</param>
    /// <param name="layout">As for the layer.</param>
    /// <returns>The original's attention output, this layer's own, and the original's output of the layer, [B,T,C] each.</returns>
    internal (Tensor Original, Tensor Own, Tensor Output) Beside(LayerForm original, Tensor x, RotaryTable rotary, SequenceLayout? layout)
    {
        using var scope = NewDisposeScope();
        var own = Form;
        Tensor normed, theirs, output;
        using (no_grad())
        {
            normed = RmsNorm.Forward(x, inputNorm, epsilon);
            Form = original;
            try
            {
                theirs = Attention.forward(normed, rotary, layout, null);
                var (attended, inner) = ResidualNorm.Forward(x, theirs, postNorm, epsilon);
                output = attended + feedForward.Down(feedForward.Inner(inner));
            }
            finally
            {
                Form = own;
            }
        }
        return (theirs.MoveToOuterDisposeScope(), Attention.forward(normed, rotary, layout, null).MoveToOuterDisposeScope(), output.MoveToOuterDisposeScope());
    }

    /// <summary>Goes back through the layer from the gradient of its output: computes it again, and leaves gradients at x and in what is trained.</summary>
    internal void Backward(Tensor x, RotaryTable rotary, SequenceLayout? layout, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        // Where the last map is frozen, its input's gradient needs its weight alone: its output is not computed again.
        if (feedForward.FrozenDown is not { } down)
        {
            autograd.backward([forward(x, rotary, layout, null)], [gradient]);
            return;
        }
        var (attended, inner) = UpToDown(x, rotary, layout, null, null);
        autograd.backward([attended, inner], [gradient, gradient.matmul(down.Weight)]);
    }

    private (Tensor Attended, Tensor Inner) UpToDown(Tensor x, RotaryTable rotary, SequenceLayout? layout, MixerState? state, Tensor? recorded)
    {
        var (whole, normed) = ResidualNorm.Forward(x, null, inputNorm, epsilon);
        var (attended, attendedNormed) = ResidualNorm.Forward(whole, Attention.forward(normed, rotary, layout, state, recorded), postNorm, epsilon);
        return (attended, feedForward.Inner(attendedNormed));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        inputNorm.Dispose();
        Attention.Dispose();
        postNorm.Dispose();
        feedForward.Dispose();
    }
}

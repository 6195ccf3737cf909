namespace Liger.Models.Mixers;

/// <summary>
/// A tensor that a mixer adds to the checkpoint, of few numbers: declared by the mixer with its shape and the value it starts with, stored in
/// fp32 as "model.layers.N.self_attn.mixer.NAME", frozen until a recipe trains it.
/// </summary>
/// <param name="shape">Its shape.</param>
/// <param name="initial">Makes the value that a conversion writes, fp32 on the CPU.</param>
public sealed class MixerParameter(long[] shape, Func<Tensor> initial) : IDisposable
{
    private Parameter? value;

    /// <summary>Its shape.</summary>
    public long[] Shape { get; } = shape;

    /// <summary>The tensor, fp32: the initial value until another is taken.</summary>
    public Parameter Value => value ??= Graph.Linear.Frozen(Initial());

    /// <summary>A new tensor with the initial value, which the caller disposes.</summary>
    /// <exception cref="ModelException">The mixer declares another shape than it makes.</exception>
    public Tensor Initial()
    {
        using var scope = NewDisposeScope();
        var made = initial();
        return made.shape.SequenceEqual(Shape) ? made.MoveToOuterDisposeScope() : throw new ModelException($"mixer parameter: initial value — expected [{string.Join(", ", Shape)}], got [{string.Join(", ", made.shape)}].");
    }

    /// <summary>Gives it its initial value on a device.</summary>
    public void Initialise(Device device)
    {
        using var scope = NewDisposeScope();
        Take(Initial().to(device));
    }

    /// <summary>Puts a tensor of the declared shape in place of the value; taken over.</summary>
    internal void Take(Tensor tensor)
    {
        value?.Dispose();
        value = Graph.Linear.Frozen(tensor);
    }

    /// <inheritdoc/>
    public void Dispose() => value?.Dispose();
}

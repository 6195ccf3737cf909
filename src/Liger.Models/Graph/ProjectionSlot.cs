using Liger.Checkpoints;

namespace Liger.Models.Graph;

/// <summary>A named place for a projection. Wrapping what is in it changes the model; putting it back undoes that.</summary>
public sealed class ProjectionSlot
{
    /// <summary>Reads the projection's weight (and bias, where the family has one) below the cursor.</summary>
    /// <param name="layer">Full name of the module that holds it, such as "model.layers.0.self_attn".</param>
    /// <param name="name">Its own name, such as "q_proj".</param>
    /// <param name="weights">The cursor at that module.</param>
    /// <param name="outFeatures">Expected rows.</param>
    /// <param name="inFeatures">Expected columns.</param>
    /// <param name="bias">Whether the family has a bias here.</param>
    internal ProjectionSlot(string layer, string name, WeightSource weights, long outFeatures, long inFeatures, bool bias)
    {
        Name = $"{layer}.{name}";
        var at = weights.In(name);
        Base = new Linear(at.Get("weight", [outFeatures, inFeatures]), bias ? at.Get("bias", [outFeatures]) : null);
        Value = Base;
    }

    /// <summary>Full name, such as "model.layers.0.self_attn.q_proj".</summary>
    public string Name { get; }

    /// <summary>The projection with the checkpoint's own weights.</summary>
    public Linear Base { get; }

    /// <summary>What the model calls: <see cref="Base"/>, or something that wraps it.</summary>
    public Projection Value { get; set; }

    internal IEnumerable<(string Name, Parameter Weight)> Parameters
    {
        get
        {
            yield return ($"{Name}.weight", Base.Weight);
            if (Base.Bias is { } bias)
                yield return ($"{Name}.bias", bias);
        }
    }
}

using static TorchSharp.torch;

namespace Liger.Checkpoints;

/// <summary>A cursor over named weights: <c>source.In("model.layers.0.self_attn").Get("q_proj.weight", [H * D, C])</c>. Names are Hugging Face's. Every
/// tensor comes in the type and on the device that the source was made for, and belongs to the caller.</summary>
public abstract class WeightSource
{
    /// <summary>The path before every name: empty, or ending with a dot.</summary>
    protected string Prefix { get; init; } = "";

    /// <summary>The element type of the tensors given; null: each as it is stored.</summary>
    public abstract ScalarType? Dtype { get; }

    /// <summary>The device of the tensors given.</summary>
    public abstract Device Device { get; }

    /// <summary>The cursor one level deeper. It shares with this one the record of what was asked.</summary>
    /// <param name="path">The path below, such as "self_attn" or "model.layers.0".</param>
    public WeightSource In(string path) => new Below(Root, $"{Prefix}{path}.");

    /// <summary>Takes a tensor that must be there.</summary>
    /// <param name="name">Its name below the cursor, such as "q_proj.weight".</param>
    /// <param name="shape">The shape it must have.</param>
    /// <param name="dtype">The element type to give where it is not the source's.</param>
    /// <exception cref="CheckpointException">It is missing, or has another shape; the message names file, tensor and both shapes.</exception>
    public Tensor Get(string name, ReadOnlySpan<long> shape, ScalarType? dtype = null) => Root.Take(Prefix + name, shape, dtype ?? Dtype, optional: false)!;

    /// <summary>Takes a tensor that may be missing; null where it is.</summary>
    /// <param name="name">Its name below the cursor.</param>
    /// <param name="shape">The shape it must have where it is there.</param>
    /// <exception cref="CheckpointException">It has another shape.</exception>
    public Tensor? TryGet(string name, ReadOnlySpan<long> shape) => Root.Take(Prefix + name, shape, Dtype, optional: true);

    /// <summary>The tensors there are that no one asked for, by full name, without those known to carry nothing. A graph that was built whole must
    /// leave this empty.</summary>
    public IReadOnlyList<string> Unused() => Root.Left();

    /// <summary>The source itself, whatever the cursor.</summary>
    protected virtual WeightSource Root => this;

    /// <summary>Gives a tensor by full name.</summary>
    /// <param name="name">The full name.</param>
    /// <param name="shape">The shape it must have.</param>
    /// <param name="wanted">The element type to give; null: as it is stored.</param>
    /// <param name="optional">Whether null may be returned.</param>
    protected abstract Tensor? Take(string name, ReadOnlySpan<long> shape, ScalarType? wanted, bool optional);

    /// <summary>The full names not asked for.</summary>
    protected abstract IReadOnlyList<string> Left();

    private sealed class Below : WeightSource
    {
        private readonly WeightSource root;

        public Below(WeightSource root, string prefix)
        {
            this.root = root;
            Prefix = prefix;
        }

        public override ScalarType? Dtype => root.Dtype;

        public override Device Device => root.Device;

        protected override WeightSource Root => root;

        protected override Tensor? Take(string name, ReadOnlySpan<long> shape, ScalarType? wanted, bool optional) => root.Take(name, shape, wanted, optional);

        protected override IReadOnlyList<string> Left() => root.Left();
    }
}

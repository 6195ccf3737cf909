namespace Liger.Models.Mixers;

/// <summary>Matrices of a linear recurrence in fp32, updated in place by single steps and replaced by longer ones.</summary>
/// <param name="matrices">The zero matrices of an empty sequence; taken over.</param>
public sealed class RecurrentState(params Tensor[] matrices) : MixerState
{
    private readonly Tensor[] matrices = [.. matrices.Select(m => m.DetachFromDisposeScope())];

    /// <inheritdoc/>
    public override long Bytes => matrices.Sum(BytesOf);

    /// <summary>One of the matrices.</summary>
    public Tensor this[int index]
    {
        get => matrices[index];
        set => Replace(ref matrices[index], value);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var matrix in matrices)
            matrix.Dispose();
    }
}

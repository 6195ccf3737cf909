namespace Liger.Models.Mixers;

/// <summary>Matrices of a linear recurrence in fp32, updated in place by single steps and replaced by longer ones.</summary>
/// <param name="matrices">The zero matrices of an empty sequence, [B,…] each; taken over.</param>
public sealed class RecurrentState(params IReadOnlyList<Tensor> matrices) : MixerState
{
    private readonly Tensor[] matrices = [.. matrices.Select(m => m.DetachFromDisposeScope())];

    /// <inheritdoc/>
    public override long Bytes => matrices.Sum(BytesOf);

    /// <summary>The matrices, in the order in which the mixer declares them. What is set is taken over.</summary>
    public IReadOnlyList<Tensor> Matrices
    {
        get => matrices;
        set
        {
            for (var i = 0; i < matrices.Length; i++)
                Replace(ref matrices[i], value[i]);
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Tensor Tensor)> Save() => matrices.Select((matrix, i) => ($"matrix{i}", matrix));

    /// <inheritdoc/>
    public override void Load(Func<string, Tensor> tensor)
    {
        for (var i = 0; i < matrices.Length; i++)
            matrices[i].copy_(tensor($"matrix{i}"));
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var matrix in matrices)
            matrix.Dispose();
    }

    /// <summary>Empties the rows whose flag [B,1] is false.</summary>
    internal void Keep(Tensor flags)
    {
        foreach (var matrix in matrices)
            matrix.mul_(flags.to(matrix.dtype).view([-1, .. Enumerable.Repeat(1L, (int)matrix.Dimensions - 1)]));
    }
}

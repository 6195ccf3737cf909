namespace Liger.Models.Mixers;

/// <summary>The states of a mixer that is composed of others.</summary>
/// <param name="parts">Each with the name under which its tensors are stored; taken over.</param>
internal sealed class JointState(IReadOnlyList<(string Name, MixerState State)> parts) : MixerState
{
    /// <inheritdoc/>
    public override long Bytes => parts.Sum(p => p.State.Bytes);

    internal MixerState this[int index] => parts[index].State;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Tensor Tensor)> Save() => parts.SelectMany(p => p.State.Save().Select(t => ($"{p.Name}.{t.Name}", t.Tensor)));

    /// <inheritdoc/>
    public override void Load(Func<string, Tensor> tensor)
    {
        foreach (var (name, state) in parts)
            state.Load(below => tensor($"{name}.{below}"));
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var (_, state) in parts)
            state.Dispose();
    }
}

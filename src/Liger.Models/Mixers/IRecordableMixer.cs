namespace Liger.Models.Mixers;

/// <summary>
/// A mixer whose one-token steps can be recorded on a GPU and replayed: with a state in which every step works in the same memory and
/// takes nothing from the host.
/// </summary>
internal interface IRecordableMixer
{
    /// <summary>Whether all parts of this mixer can.</summary>
    bool CanRecord { get; }

    /// <summary>The state in that form; it may share memory with the one given, which rests until <see cref="Return"/>.</summary>
    /// <param name="state">All rows alike and without padding.</param>
    MixerState Recordable(MixerState state);

    /// <summary>One token more in every row.</summary>
    /// <param name="input">T = 1, without a layout.</param>
    /// <param name="recordable">From <see cref="Recordable"/>.</param>
    /// <param name="position">[1] int64: where the token stands, in all rows.</param>
    /// <returns>[B,1,H,D].</returns>
    Tensor Next(MixerInput input, MixerState recordable, Tensor position);

    /// <summary>Brings the resting state up to what the recordable one has become, and frees what that had of its own.</summary>
    /// <param name="recordable">From <see cref="Recordable"/>.</param>
    /// <param name="state">What it was made from.</param>
    /// <param name="position">Tokens seen.</param>
    void Return(MixerState recordable, MixerState state, long position);
}

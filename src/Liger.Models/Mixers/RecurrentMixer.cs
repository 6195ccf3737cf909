using Liger.Ops.Cuda;

namespace Liger.Models.Mixers;

/// <summary>
/// A linear recurrence over queries, keys and values before rotary embedding, with a gate made of them: its state has constant size.
/// Stands alone, or behind a sliding window as a Liger hybrid. A deriving class says what goes into its recurrence and which recurrence it
/// is; documents, padding and the carried state are the same for all. A document starts where a token has position 0; padding leaves the
/// state as it is.
/// </summary>
/// <param name="shape">The layer's sizes.</param>
public abstract class RecurrentMixer(MixerShape shape) : TokenMixer, IRecordableMixer
{
    private const long Padding = -1;

    /// <summary>The layer's sizes.</summary>
    protected MixerShape Shape { get; } = shape;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, MixerParameter Parameter)> Parameters => DecayGate?.Parameters ?? [];

    /// <inheritdoc/>
    public override Tensor Parallel(MixerInput input)
    {
        using var scope = NewDisposeScope();
        var (terms, documents) = Lay(Terms(input), input);
        var empty = StateSizes.Select(size => zeros([input.Keys.shape[0], .. size], Accumulator(input.Keys), input.Keys.device));
        return Chunked(terms, [.. empty], documents).Output.to(input.Queries.dtype).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override MixerState NewState(int batch, ScalarType dtype, Device device) =>
        new RecurrentState([.. StateSizes.Select(size => zeros([batch, .. size], dtype == float64 ? float64 : float32, device))]);

    /// <inheritdoc/>
    public override Tensor Extend(MixerInput input, MixerState state)
    {
        using var scope = NewDisposeScope();
        var memory = (RecurrentState)state;
        var (terms, documents) = Lay(Terms(input), input);
        if (documents is not null)
            memory.Keep(documents.narrow(1, 0, 1).eq(0));
        Tensor output;
        if (input.Queries.shape[1] == 1)
            output = Step(terms, memory.Matrices);
        else
            (output, memory.Matrices) = Chunked(terms, memory.Matrices, documents);
        return output.to(input.Queries.dtype).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override IReadOnlyList<HeadView> Look(MixerInput input) => HeadView.Split(input.Keys.shape[2], Terms(input).LogDecay);

    bool IRecordableMixer.CanRecord => true;

    // Single steps work in place already.
    MixerState IRecordableMixer.Recordable(MixerState state) => state;

    Tensor IRecordableMixer.Next(MixerInput input, MixerState recordable, Tensor position) => Extend(input, recordable);

    void IRecordableMixer.Return(MixerState recordable, MixerState state, long position)
    {
    }

    /// <inheritdoc/>
    public override long StateBytes(long tokens, int elementSize) => StateSizes.Sum(size => size.Aggregate((a, b) => a * b)) * sizeof(float);

    /// <summary>The dtype recurrences compute in: float64 stays, everything else is fp32.</summary>
    protected internal static ScalarType Accumulator(Tensor tensor) => tensor.dtype == float64 ? float64 : float32;

    /// <summary>What a kernel for steps must know where gate and features are those of the published Liger models; null elsewhere.</summary>
    internal virtual KeyGatedRecurrence? KeyGated => null;

    /// <summary>The gate where it is one of <see cref="GateOptions"/>; null elsewhere.</summary>
    private protected virtual Gate? DecayGate => null;

    /// <summary>Sizes of the state's matrices for one sequence, the kv heads first.</summary>
    protected abstract IReadOnlyList<long[]> StateSizes { get; }

    /// <summary>Feature maps and gates.</summary>
    protected abstract RecurrentTerms Terms(MixerInput input);

    /// <summary>Any number of tokens from a state on; differentiable.</summary>
    /// <param name="terms">As <see cref="Terms"/> gives them, padding taken out.</param>
    /// <param name="state">[B,…] matrices, left as they are.</param>
    /// <param name="documents">[B,T] document numbers; the state starts anew where they change and belongs to the first token's. Null: one document.</param>
    /// <returns>[B,T,H,D] and the new matrices.</returns>
    protected abstract (Tensor Output, IReadOnlyList<Tensor> State) Chunked(RecurrentTerms terms, IReadOnlyList<Tensor> state, Tensor? documents);

    /// <summary>One token; the state is updated in place.</summary>
    /// <returns>[B,1,H,D].</returns>
    protected abstract Tensor Step(RecurrentTerms terms, IReadOnlyList<Tensor> state);

    /// <summary>Takes padding and silent tokens out and numbers the documents: 0 for what continues the carried state, one more from each start on.</summary>
    private static (RecurrentTerms Terms, Tensor? Documents) Lay(RecurrentTerms terms, MixerInput input)
    {
        terms = terms with { Narrow = input.Queries.dtype == bfloat16 };
        Tensor Mask(Tensor counts) => counts.to(terms.Keys.dtype).unsqueeze(-1).unsqueeze(-1);
        if (input.Silent is { } silent)
            terms = terms.Masked(Mask(silent.logical_not()));
        if (input.Layout is not { } layout)
            return (terms, null);
        var present = layout.Documents.ne(Padding);
        return (terms.Masked(Mask(present)), layout.Positions.eq(0).logical_and(present).to(int64).cumsum(1));
    }
}

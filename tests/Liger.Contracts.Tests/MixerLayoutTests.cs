using Liger.Models.Graph;
using Liger.Models.Mixers;
using Liger.Testing;

namespace Liger.Contracts.Tests;

/// <summary>What every registered mixer must hold of rows with several documents, padding and different lengths.</summary>
public class MixerLayoutTests : MixerTests
{
    [Theory]
    [MemberData(nameof(Mixers))]
    public void Packed_documents_are_as_alone_and_share_no_bit(string mixer)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var it = new Case(mixer, On);
        const int tokens = 150;
        using var layout = SequenceLayout.Packed([[0, 20, 23, 120]], tokens, On.Device)!;
        var input = it.Input(1, tokens, layout: layout);
        var packed = it.Mixer.Parallel(input);
        var other = it.Input(1, tokens, layout: layout, seed: 2);
        foreach (var (from, length) in new[] { (0, 20), (20, 3), (23, 97), (120, 30) })
        {
            var own = packed.narrow(1, from, length);
            On.Close(own, it.Mixer.Parallel(Case.Part(input, from, length) with { Layout = null }), name: $"document at {from}");
            Tensor Only(Tensor mine, Tensor others) => cat([others.narrow(1, 0, from), mine.narrow(1, from, length), others.narrow(1, from + length, tokens - from - length)], 1);
            var around = new MixerInput(
                Only(input.Queries, other.Queries), Only(input.Keys, other.Keys), Only(input.Values, other.Values), input.Rotary, layout);
            TensorAssert.Same(it.Mixer.Parallel(around).narrow(1, from, length), own, $"document at {from} among others");
        }
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void A_packed_prompt_may_be_read_in_parts(string mixer)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var it = new Case(mixer, On);
        using var layout = SequenceLayout.Packed([[20, 23, 64, 120], [1, 2, 90]], 150, On.Device)!;
        var input = it.Input(2, 150, layout: layout);
        var whole = it.Mixer.Parallel(input);
        foreach (var lengths in new int[][] { [1], [20, 3, 7, 70, 1, 64], [64] })
            On.Close(it.Extended(input, lengths), whole, name: $"parts of {string.Join(", ", lengths)}");
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Padding_is_harmless(string mixer)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var it = new Case(mixer, On);
        foreach (var (left, tokens) in new[] { (true, 41), (false, 41), (true, 100), (false, 100) })
        {
            int[] lengths = [tokens, tokens - 30];
            using var layout = SequenceLayout.Padded(lengths, tokens, left, On.Device);
            var input = it.Input(2, tokens, layout: layout);
            var padded = it.Mixer.Parallel(input);
            Assert.True(padded.isfinite().all().item<bool>());
            for (var row = 0; row < 2; row++)
            {
                var from = left ? tokens - lengths[row] : 0;
                On.Close(padded.narrow(0, row, 1).narrow(1, from, lengths[row]), it.Mixer.Parallel(Alone(it, input, row, from, lengths[row])), name: $"left {left}, row {row}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Rows_of_different_lengths_decode_together(string mixer)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var it = new Case(mixer, On);
        const int prompt = 41, made = 12;
        int[] lengths = [prompt, 30];
        foreach (var left in new[] { true, false })
        {
            using var layout = SequenceLayout.Padded(lengths, prompt, left, On.Device);
            var input = it.Input(2, prompt, layout: layout);
            var steps = it.Input(2, made, seed: 5);
            using var state = it.Mixer.NewState(2, On.Dtype, On.Device);
            it.Mixer.Extend(Case.Part(input, 0, 25), state);
            it.Mixer.Extend(Case.Part(input, 25, prompt - 25), state);
            var outputs = new List<Tensor>();
            for (var i = 0; i < made; i++)
            {
                using var next = SequenceLayout.Single([lengths[0] + i, lengths[1] + i], On.Device);
                outputs.Add(it.Mixer.Extend(Case.Part(steps, i, 1) with { Rotary = it.Rotation(next.Positions, On.Dtype), Layout = next }, state));
            }
            for (var row = 0; row < 2; row++)
            {
                var own = Alone(it, input, row, left ? prompt - lengths[row] : 0, lengths[row]);
                var more = Case.Row(steps, row);
                var whole = new MixerInput(cat([own.Queries, more.Queries], 1), cat([own.Keys, more.Keys], 1), cat([own.Values, more.Values], 1), it.Rotation(it.Positions(lengths[row] + made), On.Dtype));
                On.Close(cat(outputs, 1).narrow(0, row, 1), it.Mixer.Parallel(whole).narrow(1, lengths[row], made), name: $"left {left}, row {row}");
            }
        }
    }

    private static MixerInput Alone(Case it, MixerInput input, int row, long from, long length) => new(
        input.Queries.narrow(0, row, 1).narrow(1, from, length), input.Keys.narrow(0, row, 1).narrow(1, from, length), input.Values.narrow(0, row, 1).narrow(1, from, length),
        it.Rotation(it.Positions(length), input.Queries.dtype));
}

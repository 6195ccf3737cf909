using Liger.Models.Graph;
using Liger.Models.Mixers;
using Liger.Testing;

namespace Liger.Models.Tests;

/// <summary>Packed rows longer than what mixers meet pairwise at a time.</summary>
public class PackedSegmentTests : PlacedTests
{
    private const int Tokens = 2500, Heads = 2, D = 4;

    // Documents that end where a segment ends, begin one token before or behind, reach over one and over two, and have their sinks on both sides.
    private static readonly int[][] Starts = [[0, 7, 1022, 1100], [0, 3], [0, 1024, 1500, 2048]];

    /// <summary>In float64, wherever it is.</summary>
    public override bool Take(ScalarType dtype) => dtype == float32;

    [Theory]
    [InlineData("joint window=8 sinks=2 write-gate=true")]
    [InlineData("joint window=100 sinks=3 joint-rope=false")]
    [InlineData("lolcats window=8 sinks=0")]
    [InlineData("lolcats window=1100 sinks=4")]
    [InlineData("memory window=8 sinks=2 memory-rank=3")]
    [InlineData("memory window=1100 sinks=4 memory-rank=3")]
    [InlineData("selected window=8 sinks=2 selected=5")]
    [InlineData("selected window=100 sinks=3 selected=5 key-score=learned")]
    public void Documents_of_long_rows_are_read_as_alone(string spec)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var mixer = MixerSpec.Parse(spec).Create(new MixerShape(Heads, 1, D));
        foreach (var (_, parameter) in mixer.Parameters)
            parameter.Initialise(On.Device);
        Tensor Random(int heads) => randn([Starts.Length, Tokens, heads, D], float64, generator: generator).to(On.Device).requires_grad_();
        Tensor[] leaves = [Random(Heads), Random(1), Random(1)];
        var grad = randn([Starts.Length, Tokens, Heads, D], float64, generator: generator).to(On.Device);
        var angles = (arange(Tokens).to(float64).unsqueeze(-1) * torch.tensor([1.0, 0.1])).to(On.Device);
        MixerInput Part(int row, int rows, int from, int count, SequenceLayout? layout)
        {
            Tensor Some(Tensor x) => x.narrow(0, row, rows).narrow(1, from, count);
            var rotary = new RotaryTable(angles.cos().narrow(0, from, count), angles.sin().narrow(0, from, count));
            return new MixerInput(Some(leaves[0]), Some(leaves[1]), Some(leaves[2]), rotary, layout);
        }

        using var layout = SequenceLayout.Packed(Starts, Tokens, On.Device)!;
        var packed = mixer.Parallel(Part(0, Starts.Length, 0, Tokens, layout));
        var alone = cat([.. Starts.Select((starts, row) =>
            cat([.. starts.Zip([.. starts.Skip(1), Tokens], (from, to) => mixer.Parallel(Part(row, 1, from, to - from, null)))], 1))], 0);
        TensorAssert.Close(packed, alone, 1e-6, "outputs: scores are summed in fp32");
        foreach (var (ofPacked, ofAlone, name) in autograd.grad([packed], leaves, [grad]).Zip(autograd.grad([alone], leaves, [grad]), ["queries", "keys", "values"]))
            TensorAssert.Close(ofPacked, ofAlone, 1e-6, name);
        foreach (var (_, parameter) in mixer.Parameters)
            parameter.Dispose();
    }
}

using Liger.Testing;

namespace Liger.Ops.Tests;

public class LigerAttentionTests
{
    [Theory]
    [InlineData(RecurrenceGate.Gla)]
    [InlineData(RecurrenceGate.Hgrn2)]
    [InlineData(RecurrenceGate.Given)]
    public void The_mixture_is_the_weighted_sum_of_its_branches_formulas(RecurrenceGate gate)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4);
        const long tokens = 21, dim = 8;
        Tensor Random(params long[] shape) => randn(shape, float64, generator: generator);
        var (q, k, v) = (Random(2, tokens, 4, dim), Random(2, tokens, 2, dim), Random(2, tokens, 2, dim));
        var positions = arange(tokens);
        var (cos, sin) = Rotary.Table(arange(dim / 2).to(float64).mul(-1).exp(), positions, float64);
        var (visibility, state) = (new Visibility(5), Random(2, 2, dim, dim));
        var given = gate == RecurrenceGate.Given ? -Random(2, tokens, 2, dim).abs() : null;
        var divisor = gate == RecurrenceGate.Gla ? 16 : 1;

        var (output, last) = LigerAttention.Forward(q, k, v, new WindowBranch(visibility, cos, sin, 0.3), new RecurrenceBranch(gate, divisor, 0.7, given, state));

        var near = SoftmaxAttention.Forward(Rotary.Naive(q, cos, sin), Rotary.Naive(k, cos, sin), v, visibility.Mask(positions, positions));
        var (queries, keys) = gate == RecurrenceGate.Given ? (q, k) : (q.softmax(-1), gate == RecurrenceGate.Gla ? k.softmax(-1) : 1 - k.sigmoid());
        var (far, end) = GatedLinearAttention.Naive(queries, keys, v, given ?? k.sigmoid().log() / divisor, state: state);
        TensorAssert.Close(output, (near * 0.3) + (far * 0.7));
        TensorAssert.Close(last!, end);
    }

    [Fact]
    public void Wrong_branches_are_named()
    {
        using var scope = NewDisposeScope();
        var x = ones(1, 4, 2, 8);
        Tensor Of(RecurrenceBranch? branch) => LigerAttention.Forward(x, x, x, null, branch).Output;
        Assert.Contains("branches — expected a window", Assert.Throws<OpsException>(() => Of(null)).Message);
        Assert.Contains("log-decay — expected one", Assert.Throws<OpsException>(() => Of(new RecurrenceBranch(RecurrenceGate.Given))).Message);
        Assert.Contains("log-decay — expected none", Assert.Throws<OpsException>(() => Of(new RecurrenceBranch(RecurrenceGate.Gla, LogDecay: x))).Message);
        Assert.Contains("divisor — expected 1", Assert.Throws<OpsException>(() => Of(new RecurrenceBranch(RecurrenceGate.Hgrn2, Divisor: 16))).Message);
    }
}

using Liger.Ops;
using Liger.Ops.Cuda;

namespace Liger.Gpu.Tests;

/// <summary>The smaller kernels against the plain forms in float64, on the same bf16 numbers.</summary>
[Trait("Category", "Gpu")]
public class FusedKernelTests
{
    /// <summary>bf16's row of the tolerance table, of the norm of each result.</summary>
    private const double Tolerance = 1e-2;

    [GpuTheory]
    [InlineData(8)]
    [InlineData(264)]
    [InlineData(4096)]
    [InlineData(14344)]
    public void Norm_and_its_gradient_equal_the_plain_form(long columns)
    {
        using var scope = NewDisposeScope();
        var (x, weight, grad) = (Random(3, 7, columns).mul(5).requires_grad_(), Random(columns), Random(3, 7, columns));
        Compare(() => RmsNorm.Forward(x, weight, 1e-5), wide => RmsNorm.Naive(wide[0], weight.to(float64), 1e-5), grad, x);
    }

    [GpuTheory]
    [InlineData(8, true)]
    [InlineData(4096, true)]
    [InlineData(4096, false)]
    [InlineData(14344, true)]
    public void Residual_sum_and_norm_and_both_gradients_equal_the_plain_form(long columns, bool added)
    {
        using var scope = NewDisposeScope();
        var (x, delta, weight) = (Random(3, 7, columns).requires_grad_(), added ? Random(3, 7, columns).requires_grad_() : null, Random(columns));
        var (ofSum, ofNormed) = (Random(3, 7, columns), Random(3, 7, columns));
        var leaves = new[] { x, delta }.OfType<Tensor>().ToArray();
        foreach (var both in new[] { true, false })
        {
            var (sum, normed) = ResidualNorm.Forward(x, delta, weight, 1e-5);
            var grads = autograd.grad(both ? [sum, normed] : [normed], leaves, both ? [ofSum, ofNormed] : [ofNormed]);
            Tensor[] wide = [.. leaves.Select(leaf => leaf.detach().to(float64).requires_grad_())];
            var whole = added ? wide[0] + wide[1] : wide[0] * 1;
            var expected = RmsNorm.Naive(whole, weight.to(float64), 1e-5);
            var wanted = autograd.grad(both ? [whole, expected] : [expected], wide, both ? [ofSum.to(float64), ofNormed.to(float64)] : [ofNormed.to(float64)]);
            Near(sum.detach(), whole.detach(), "sum");
            Near(normed.detach(), expected.detach(), "normed");
            for (var i = 0; i < leaves.Length; i++)
                Near(grads[i], wanted[i], $"gradient {i}, both {both}");
        }
    }

    [GpuTheory]
    [InlineData(1.0)]
    [InlineData(40.0)]
    public void The_gated_product_and_its_gradients_equal_the_plain_form(double spread)
    {
        using var scope = NewDisposeScope();
        var (gate, up, grad) = (Random(3, 5, 1016).mul(spread).requires_grad_(), Random(3, 5, 1016).requires_grad_(), Random(3, 5, 1016));
        Compare(() => SwiGlu.Forward(gate, up), wide => SwiGlu.Naive(wide[0], wide[1]), grad, gate, up);
    }

    [GpuTheory]
    [InlineData(8, 1.0)]
    [InlineData(1000, 30.0)]
    [InlineData(128256, 3.0)]
    public void Cross_entropy_and_its_gradient_equal_the_plain_form(long classes, double spread)
    {
        using var scope = NewDisposeScope();
        var logits = Random(5, classes).mul(spread);
        var targets = tensor([0L, classes - 1, -100, classes / 2, 3], device: Gpu.Device);
        var (wide, counted) = (logits.to(float64), targets.ge(0).to(float64));
        var index = targets.clamp_min(0).unsqueeze(1);
        var expected = wide.log_softmax(1).gather(1, index).squeeze(1).neg() * counted;
        var gradient = wide.softmax(1).scatter_add_(1, index, full_like(index, -1, float64)) * counted.unsqueeze(1);
        Assert.True(CrossEntropyKernel.Serves(logits));
        var untouched = CrossEntropyKernel.Run(logits, targets, gradient: false);
        Near(untouched, expected, "loss alone");
        Near(CrossEntropyKernel.Run(logits, targets, gradient: true), expected, "loss");
        Near(logits.to(float64) * counted.unsqueeze(1), gradient, "gradient");
    }

    [GpuTheory]
    [InlineData(128, 4, 64, 0, false)]
    [InlineData(128, 1, 64, 4, false)]
    [InlineData(64, 3, 20, 4, true)]
    [InlineData(64, 2, 1, 0, false)]
    public void A_step_of_Liger_attention_equals_the_plain_form(long dim, long groups, int window, int sinks, bool complementary)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        const long batch = 3, kvHeads = 2;
        const double mix = 0.3;
        var recurrence = new KeyGatedRecurrence(complementary ? 1 : 16, complementary);
        foreach (var position in new long[] { 0, 3, window + sinks - 1, window + sinks, 1000 })
        {
            var (q, k, v) = (Random(batch, 1, kvHeads * groups, dim), Random(batch, 1, kvHeads, dim).mul(4), Random(batch, 1, kvHeads, dim));
            var (keys, values) = (Random(batch, kvHeads, window + sinks, dim), Random(batch, kvHeads, window + sinks, dim));
            var state = randn([batch, kvHeads, dim, dim], float32, Gpu.Device);
            var at = full([1], position, int64, Gpu.Device);
            var (cos, sin) = Rotary.Table(arange(dim / 2, float64, Gpu.Device).mul(-0.2).exp(), at, bfloat16);

            var here = position < sinks ? position : sinks + ((position - sinks) % window);
            var held = Math.Min(position + 1, window + sinks);
            Tensor Wide(Tensor x) => x.to(float64);
            Tensor Taken(Tensor ring, Tensor token)
            {
                var all = Wide(ring);
                all.narrow(2, here, 1).copy_(token.transpose(1, 2));
                return all.narrow(2, 0, held).transpose(1, 2);
            }
            var turned = Rotary.Apply(Wide(k), Wide(cos), Wide(sin));
            var near = SoftmaxAttention.Forward(Rotary.Apply(Wide(q), Wide(cos), Wide(sin)), Taken(keys, turned), Taken(values, Wide(v)), null);
            var decay = nn.functional.logsigmoid(Wide(k)) / recurrence.Divisor;
            var (after, features) = (Wide(state), complementary ? 1 - decay.exp() : Wide(k).softmax(-1));
            var far = GatedLinearAttention.Step(Wide(q).softmax(-1), features, Wide(v), decay, after);

            Assert.True(LigerStepKernel.Serves(q, k, window + sinks));
            var output = LigerStepKernel.Run(q, k, v, (cos, sin), (keys, values), state, at, new Visibility(window, sinks), recurrence, mix);
            Near(output, (near * mix) + (far * (1 - mix)), $"output at {position}");
            Near(state, after, $"state at {position}");
            Near(keys.narrow(2, here, 1), turned.transpose(1, 2), $"key taken in at {position}");
            Near(values.narrow(2, here, 1), v.transpose(1, 2), $"value taken in at {position}");
        }
    }

    private static Tensor Random(params long[] shape) => randn(shape, float32, Gpu.Device).to(bfloat16);

    private static void Compare(Func<Tensor> kernel, Func<Tensor[], Tensor> plain, Tensor grad, params Tensor[] leaves)
    {
        Assert.True(CudaKernels.Status.Available, CudaKernels.Status.Reason);
        var output = kernel();
        var grads = autograd.grad([output], leaves, [grad]);
        Tensor[] wide = [.. leaves.Select(leaf => leaf.detach().to(float64).requires_grad_())];
        var expected = plain(wide);
        var wanted = autograd.grad([expected], wide, [grad.to(float64)]);
        Near(output.detach(), expected.detach(), "output");
        for (var i = 0; i < leaves.Length; i++)
            Near(grads[i], wanted[i], $"gradient {i}");
    }

    private static void Near(Tensor got, Tensor wanted, string name)
    {
        var (error, size) = ((got.to(float64) - wanted.to(float64)).norm().item<double>(), wanted.to(float64).norm().item<double>());
        Assert.True(error <= Tolerance * size, $"{name}: error {error:G3} of {size:G3}");
    }
}

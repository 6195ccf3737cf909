using Liger.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training.Tests.Losses;

public class LinearCrossEntropyTests
{
    private const int N = 37, C = 12, V = 29;

    [Theory]
    [InlineData(1)]
    [InlineData(V * sizeof(float) * 5)]
    [InlineData(1 << 20)]
    public void Loss_and_gradients_are_those_of_the_naive_form(long portionBytes)
    {
        using var scope = torch.NewDisposeScope();
        var (hidden, head, targets) = Inputs();
        var naive = torch.nn.functional.cross_entropy(hidden.matmul(head.t()), targets, reduction: torch.nn.Reduction.Sum).mul(0.25);
        naive.backward();
        var (ofHidden, ofHead) = (hidden.grad!.clone(), head.grad!.clone());
        hidden.grad = null;
        head.grad = null;

        var loss = LinearCrossEntropy.Sum(hidden, head, targets, 0.25, portionBytes);
        loss.backward();
        TensorAssert.Close(loss, naive.detach());
        TensorAssert.Close(hidden.grad!, ofHidden);
        TensorAssert.Close(head.grad!, ofHead);
    }

    [Fact]
    public void A_frozen_head_gets_no_gradient_and_a_later_factor_is_kept()
    {
        using var scope = torch.NewDisposeScope();
        var (hidden, head, targets) = Inputs();
        head.requires_grad = false;
        torch.nn.functional.cross_entropy(hidden.matmul(head.t()), targets, reduction: torch.nn.Reduction.Sum).mul(3).backward();
        var expected = hidden.grad!.clone();
        hidden.grad = null;
        LinearCrossEntropy.Sum(hidden, head, targets).mul(3).backward();
        TensorAssert.Close(hidden.grad!, expected);
        Assert.Null(head.grad);
    }

    [Fact]
    public void In_bf16_the_gradients_are_close_to_fp32()
    {
        using var scope = torch.NewDisposeScope();
        var (hidden, head, targets) = Inputs();
        LinearCrossEntropy.Sum(hidden, head, targets).backward();
        var low = hidden.detach().to(ScalarType.BFloat16).requires_grad_();
        var lowHead = head.detach().to(ScalarType.BFloat16).requires_grad_();
        var loss = LinearCrossEntropy.Sum(low, lowHead, targets, portionBytes: 700);
        loss.backward();
        Assert.Equal(ScalarType.Float32, loss.dtype);
        Assert.Equal(ScalarType.BFloat16, low.grad!.dtype);
        // Two roundings to bf16 (of inputs and of logits) stand between the two.
        Assert.True(low.grad!.to(ScalarType.Float32).sub(hidden.grad!).abs().max().item<float>() < 0.05 * hidden.grad!.abs().max().item<float>());
        Assert.True(lowHead.grad!.to(ScalarType.Float32).sub(head.grad!).abs().max().item<float>() < 0.05 * head.grad!.abs().max().item<float>());
    }

    [Fact]
    public void Without_gradients_the_loss_is_the_same_and_nothing_is_left()
    {
        using var scope = torch.NewDisposeScope();
        var (hidden, head, targets) = Inputs();
        var expected = LinearCrossEntropy.Sum(hidden, head, targets).detach();
        using var grad = torch.no_grad();
        var before = LiveTensors.Count();
        using (var loss = LinearCrossEntropy.Sum(hidden, head, targets))
            Assert.Equal(expected.item<float>(), loss.item<float>());
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void Extreme_logits_stay_finite()
    {
        using var scope = torch.NewDisposeScope();
        var (hidden, head, targets) = Inputs();
        var large = hidden.detach().mul(1e4).requires_grad_();
        var loss = LinearCrossEntropy.Sum(large, head, targets);
        loss.backward();
        Assert.True(double.IsFinite(loss.item<float>()));
        Assert.True(large.grad!.isfinite().all().item<bool>());
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        using var scope = torch.NewDisposeScope();
        var (hidden, head, targets) = Inputs();
        Assert.Contains("[N, C]", Assert.Throws<TrainingException>(() => LinearCrossEntropy.Sum(hidden, head, targets.narrow(0, 0, N - 1))).Message, StringComparison.Ordinal);
    }

    private static (Tensor Hidden, Tensor Head, Tensor Targets) Inputs()
    {
        using var generator = new Generator(7);
        var hidden = torch.randn(N, C, generator: generator).requires_grad_();
        var head = torch.randn(V, C, generator: generator).requires_grad_();
        var targets = torch.randint(0, V, [N], ScalarType.Int64, generator: generator);
        targets[0] = torch.tensor(-100L);
        targets[20] = torch.tensor(-100L);
        return (hidden, head, targets);
    }
}

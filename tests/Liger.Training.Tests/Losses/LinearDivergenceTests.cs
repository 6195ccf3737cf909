using Liger.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training.Tests.Losses;

public class LinearDivergenceTests
{
    private const int N = 37, C = 12, V = 29;
    private const double Scale = 0.25;

    public static TheoryData<double, double, int?> Options => new()
    {
        { 1, 0, null }, { 2, 0, null }, { 1, 0.3, null }, { 0.5, 0.3, null }, { 1, 1, null }, { 1, 0, 5 }, { 3, 0.4, 1 }, { 1, 0, V + 1 },
    };

    [Theory]
    [MemberData(nameof(Options))]
    public void Loss_and_gradient_are_those_of_the_naive_form(double temperature, double crossEntropy, int? topK)
    {
        using var scope = torch.NewDisposeScope();
        var (hidden, teacher, head, targets) = Inputs();
        var options = new DistillationOptions { Temperature = temperature, CrossEntropy = crossEntropy, TopK = topK };
        var naive = Naive(hidden, teacher, head, targets, options);
        naive.backward();
        var expected = hidden.grad!.clone();
        foreach (var portion in new[] { 1, V * sizeof(float) * 5, 1 << 20 })
        {
            hidden.grad = null;
            var loss = LinearDivergence.Sum(hidden, teacher, head, targets, Scale, options, portion);
            loss.mul(3).backward();
            TensorAssert.Close(loss, naive.detach());
            TensorAssert.Close(hidden.grad!, expected.mul(3));
            using (torch.no_grad())
                TensorAssert.Close(LinearDivergence.Sum(hidden, teacher, head, targets, Scale, options, portion), naive.detach());
        }
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(0.5, null)]
    [InlineData(0, 4)]
    public void In_bf16_loss_and_gradient_are_those_of_the_same_logits_in_fp32(double crossEntropy, int? topK)
    {
        using var scope = torch.NewDisposeScope();
        var (hidden, teacher, head, targets) = Inputs();
        var options = new DistillationOptions { CrossEntropy = crossEntropy, TopK = topK };
        Tensor Low(Tensor x) => x.detach().to(ScalarType.BFloat16);
        var (low, lowTeacher, lowHead) = (Low(hidden).requires_grad_(), Low(teacher), Low(head));
        var loss = LinearDivergence.Sum(low, lowTeacher, lowHead, targets, Scale, options, 700);
        loss.backward();
        Assert.Equal((ScalarType.Float32, ScalarType.BFloat16), (loss.dtype, low.grad!.dtype));
        // The naive form on the same rounded inputs, its logits not rounded.
        var wide = low.detach().to(ScalarType.Float32).requires_grad_();
        var naive = Naive(wide, lowTeacher.to(ScalarType.Float32), lowHead.to(ScalarType.Float32), targets, options);
        naive.backward();
        TensorAssert.Close(loss, naive.detach(), 1e-2);
        Assert.True(low.grad!.to(ScalarType.Float32).sub(wide.grad!).abs().max().item<float>() < 0.02 * wide.grad!.abs().max().item<float>());
    }

    [Fact]
    public void A_student_that_is_its_teacher_has_no_loss_and_no_gradient()
    {
        using var scope = torch.NewDisposeScope();
        var (hidden, _, head, targets) = Inputs();
        var loss = LinearDivergence.Sum(hidden, hidden.detach(), head, targets, 1, new DistillationOptions());
        loss.backward();
        Assert.Equal(0, loss.item<float>());
        Assert.Equal(0, hidden.grad!.abs().max().item<float>());
    }

    [Fact]
    public void Extreme_logits_stay_finite()
    {
        using var scope = torch.NewDisposeScope();
        var (hidden, teacher, head, targets) = Inputs();
        foreach (var topK in new int?[] { null, 3 })
        {
            var large = hidden.detach().mul(1e4).requires_grad_();
            var loss = LinearDivergence.Sum(large, teacher.mul(1e4), head, targets, 1, new DistillationOptions { CrossEntropy = 0.5, TopK = topK });
            loss.backward();
            Assert.True(double.IsFinite(loss.item<float>()));
            Assert.True(large.grad!.isfinite().all().item<bool>());
        }
    }

    [Fact]
    public void Nothing_is_left_behind()
    {
        using var scope = torch.NewDisposeScope();
        var (hidden, teacher, head, targets) = Inputs();
        var before = LiveTensors.Count();
        foreach (var options in new[] { new DistillationOptions(), new DistillationOptions { Temperature = 2, CrossEntropy = 0.5, TopK = 3 } })
        {
            using (torch.no_grad())
            using (LinearDivergence.Sum(hidden, teacher, head, targets, 1, options, 700))
                Assert.Equal(before + 1, Tensor.TotalCount);
            using (torch.NewDisposeScope())
                LinearDivergence.Sum(hidden, teacher, head, targets, 1, options, 700).backward();
            hidden.grad = null;
            Assert.Equal(before, Tensor.TotalCount);
        }
    }

    [Fact]
    public void Shapes_that_do_not_fit_a_trained_head_and_options_out_of_range_are_named()
    {
        using var scope = torch.NewDisposeScope();
        var (hidden, teacher, head, targets) = Inputs();
        string Refused(Action wrong) => Assert.Throws<TrainingException>(wrong).Message;
        Assert.Contains("[N, C]", Refused(() => LinearDivergence.Sum(hidden, teacher.narrow(0, 0, 3), head, targets, 1, new())), StringComparison.Ordinal);
        Assert.Contains("frozen", Refused(() => LinearDivergence.Sum(hidden, teacher, head.clone().requires_grad_(), targets, 1, new())), StringComparison.Ordinal);
        var message = Refused(new DistillationOptions { Temperature = 0, CrossEntropy = 2, TopK = 0 }.Check);
        Assert.All(["temperature", "cross-entropy", "top k"], problem => Assert.Contains(problem, message, StringComparison.Ordinal));
    }

    private static Tensor Naive(Tensor hidden, Tensor teacher, Tensor head, Tensor targets, DistillationOptions options)
    {
        var tau = options.Temperature;
        var (student, original) = (hidden.matmul(head.t()), teacher.matmul(head.t()));
        var p = original.div(tau).softmax(1);
        if (options.TopK is { } k && k < V)
        {
            var kept = p.ge(p.topk(k, 1).values.narrow(1, k - 1, 1)).to(ScalarType.Float32);
            p = p.mul(kept).div(p.mul(kept).sum(1, keepdim: true));
        }
        var counted = targets.ne(-100).to(ScalarType.Float32);
        var divergence = p.mul(p.clamp_min(1e-38).log().sub(student.div(tau).log_softmax(1))).sum(1).mul(counted).sum();
        var crossEntropy = torch.nn.functional.cross_entropy(student, targets, reduction: torch.nn.Reduction.Sum);
        return divergence.mul((1 - options.CrossEntropy) * tau * tau).add(crossEntropy.mul(options.CrossEntropy)).mul(Scale);
    }

    private static (Tensor Hidden, Tensor Teacher, Tensor Head, Tensor Targets) Inputs()
    {
        using var generator = new Generator(7);
        var hidden = torch.randn(N, C, generator: generator).requires_grad_();
        var teacher = torch.randn(N, C, generator: generator);
        var head = torch.randn(V, C, generator: generator);
        var targets = torch.randint(0, V, [N], ScalarType.Int64, generator: generator);
        targets[0] = torch.tensor(-100L);
        targets[20] = torch.tensor(-100L);
        return (hidden, teacher, head, targets);
    }
}

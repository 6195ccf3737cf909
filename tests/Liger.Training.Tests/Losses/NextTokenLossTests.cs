using Liger.Testing;
using Liger.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training.Tests.Losses;

public class NextTokenLossTests
{
    private const int V = 11, C = 6;

    [Fact]
    public void Scores_the_next_label_but_no_masked_one_and_never_the_first()
    {
        var row = new PackedRow([1, 2, 3, 4, 5], [1, -100, 3, -100, 5], [0, 3]);
        Assert.Equal(2, NextTokenLoss.ScoredTokens(row));

        using var scope = torch.NewDisposeScope();
        using var generator = new Generator(1);
        var hidden = torch.randn(1, 5, C, generator: generator);
        var head = torch.randn(V, C, generator: generator);
        var logits = hidden.matmul(head.t()).log_softmax(-1);
        var expected = -(logits[0, 1, 3].item<float>() + logits[0, 3, 5].item<float>());
        Assert.Equal(expected, NextTokenLoss.Sum(hidden, head, [row], 1).item<float>(), 1e-5);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_answer_counts_as_often_as_its_weight_says(bool onlyAnswers)
    {
        using var scope = torch.NewDisposeScope();
        using var generator = new Generator(4);
        var (hidden, head) = (torch.randn(1, 6, C, generator: generator), torch.randn(V, C, generator: generator));
        var row = new RecallWindow([1, 2, 3, 4, 5, 0], [new AnswerSpan(2, 2), new AnswerSpan(5, 1)]).Row(onlyAnswers, answerWeight: 3);
        var logits = hidden.matmul(head.t()).log_softmax(-1);
        int[] weights = onlyAnswers ? [0, 3, 3, 0, 3] : [1, 3, 3, 1, 3];
        Assert.Equal(weights.Sum(), NextTokenLoss.ScoredTokens(row));
        var mean = -weights.Select((weight, t) => weight * logits[0, t, row.Ids[t + 1]].item<float>()).Sum() / weights.Sum();
        Assert.Equal(mean, NextTokenLoss.Sum(hidden, head, [row], 1.0 / weights.Sum()).item<float>(), 1e-5);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    public void Leaving_out_unscored_positions_changes_neither_loss_nor_gradient(int masked)
    {
        using var scope = torch.NewDisposeScope();
        using var generator = new Generator(2);
        const int T = 30;
        var ids = Enumerable.Range(0, T).Select(t => t % V).ToArray();
        var labels = ids.Select((id, t) => t < masked ? -100 : id).ToArray();
        var hidden = torch.randn([2, T, C], generator: generator).requires_grad_();
        var head = torch.randn(V, C, generator: generator);
        var shifted = torch.tensor(labels.Skip(1).Select(l => (long)l).ToArray(), ScalarType.Int64);
        var logits = hidden.narrow(1, 0, T - 1).matmul(head.t()).reshape(-1, V);
        var naive = torch.nn.functional.cross_entropy(logits, torch.cat([shifted, shifted]), reduction: torch.nn.Reduction.Sum);
        naive.backward();
        var expected = hidden.grad!.clone();
        hidden.grad = null;
        var row = new PackedRow(ids, labels, [0]);
        var loss = NextTokenLoss.Sum(hidden, head, [row, row], 1);
        loss.backward();
        TensorAssert.Close(loss, naive.detach());
        TensorAssert.Close(hidden.grad!, expected);
    }

    [Fact]
    public void Shorter_rows_are_filled_up_behind_their_end()
    {
        using var scope = torch.NewDisposeScope();
        var ids = NextTokenLoss.Ids([new PackedRow([4, 5, 6], [4, 5, 6], [0]), new PackedRow([7], [7], [0])], CPU);
        Assert.Equal([4L, 5, 6, 7, 0, 0], ids.data<long>().ToArray());
        Assert.Equal([2L, 3], ids.shape);
    }
}

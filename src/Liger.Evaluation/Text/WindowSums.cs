using Liger.Models;

namespace Liger.Evaluation;

/// <summary>Sums over the scored tokens of each window of a batch, in float64.</summary>
internal sealed class WindowSums(int windows)
{
    public double[] Loss { get; } = new double[windows];

    public double[] OriginalLoss { get; } = new double[windows];

    public double[] Agreement { get; } = new double[windows];

    public double[] Divergence { get; } = new double[windows];

    /// <summary>Reads windows of one length. Hidden states of all tokens exist at once, logits only of some.</summary>
    /// <param name="ids">[B,T].</param>
    /// <param name="model">The measured model.</param>
    /// <param name="original">What it is compared with; null is nothing.</param>
    public static WindowSums Of(Tensor ids, CausalLM model, CausalLM? original)
    {
        using var scope = NewDisposeScope();
        var (batch, scored) = ((int)ids.shape[0], ids.shape[1] - 1);
        var sums = new WindowSums(batch);
        var targets = ids.narrow(1, 1, scored).reshape(-1);
        var hidden = Scored(model.Hidden(ids), scored);
        var reference = original is null ? null : Scored(original.Hidden(ids.to(original.Device)), scored);
        var most = Batches.LogitRows(Vocabulary.Of(model));
        for (long from = 0; from < targets.shape[0]; from += most)
        {
            using var part = NewDisposeScope();
            var count = Math.Min(most, targets.shape[0] - from);
            var target = targets.narrow(0, from, count).unsqueeze(-1);
            var log = Log(model, hidden.narrow(0, from, count));
            Add(sums.Loss, Chosen(log, target), from, scored);
            if (reference is null)
                continue;
            var originalLog = Log(original!, reference.narrow(0, from, count)).to(log.device);
            Add(sums.OriginalLoss, Chosen(originalLog, target), from, scored);
            Add(sums.Agreement, log.argmax(-1).eq(originalLog.argmax(-1)), from, scored);
            Add(sums.Divergence, (originalLog.exp() * (originalLog - log)).sum(-1), from, scored);
        }
        return sums;
    }

    private static Tensor Scored(Tensor hidden, long scored) => hidden.narrow(1, 0, scored).reshape(-1, hidden.shape[2]);

    private static Tensor Log(CausalLM model, Tensor hidden)
    {
        var logits = model.Logits(hidden);
        return (logits.dtype == float64 ? logits : logits.to(float32)).log_softmax(-1);
    }

    private static Tensor Chosen(Tensor log, Tensor target) => log.gather(-1, target).squeeze(-1).neg();

    private static void Add(double[] sums, Tensor values, long from, long scored)
    {
        var numbers = values.to(float64).cpu().data<double>().ToArray();
        for (var i = 0; i < numbers.Length; i++)
            sums[(from + i) / scored] += numbers[i];
    }
}

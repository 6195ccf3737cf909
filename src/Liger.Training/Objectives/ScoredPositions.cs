using Liger.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>Which states of packed rows are scored, and on what: the state of position t on the label of t + 1.</summary>
internal sealed class ScoredPositions
{
    /// <summary>Below this share of scored positions the others are left out of the head's product rather than weighted with 0.</summary>
    private const double WorthSelecting = 0.9;

    private readonly Tensor? selected;

    /// <param name="rows">The rows.</param>
    /// <param name="length">T of the states.</param>
    /// <param name="device">Where the states lie.</param>
    public ScoredPositions(IReadOnlyList<PackedRow> rows, long length, Device device)
    {
        var targets = new List<long>();
        var positions = new List<long>();
        var all = new long[rows.Count * length];
        Array.Fill(all, LinearCrossEntropy.Ignored);
        for (var r = 0; r < rows.Count; r++)
            for (var t = 1; t < rows[r].Ids.Length; t++)
                if (rows[r].Labels[t] != LinearCrossEntropy.Ignored)
                {
                    positions.Add(r * length + t - 1);
                    targets.Add(rows[r].Labels[t]);
                    all[r * length + t - 1] = rows[r].Labels[t];
                }
        var once = positions.Count;
        for (var r = 0; r < rows.Count; r++)
            foreach (var t in Repeats(rows[r]))
            {
                positions.Add(r * length + t - 1);
                targets.Add(rows[r].Labels[t]);
            }
        var select = once < WorthSelecting * all.Length || positions.Count > once;
        selected = select ? torch.tensor(positions.ToArray(), ScalarType.Int64, device) : null;
        Targets = torch.tensor(select ? targets.ToArray() : all, ScalarType.Int64, device);
    }

    /// <summary>The scored tokens of a row's answers, as often as they count beyond once.</summary>
    public static IEnumerable<int> Repeats(PackedRow row)
    {
        if (row.AnswerWeight <= 1)
            yield break;
        foreach (var answer in row.Answers)
            for (var t = Math.Max(1, answer.Start); t < answer.Start + answer.Length; t++)
                for (var again = 1; row.Labels[t] != LinearCrossEntropy.Ignored && again < row.AnswerWeight; again++)
                    yield return t;
    }

    /// <summary>[N] int64, <see cref="LinearCrossEntropy.Ignored"/> where a state that is kept is not scored.</summary>
    public Tensor Targets { get; }

    /// <summary>The states [N, C] that <see cref="Targets"/> belongs to.</summary>
    /// <param name="hidden">[B, T, C].</param>
    public Tensor Of(Tensor hidden)
    {
        var flat = hidden.reshape(-1, hidden.shape[2]);
        return selected is null ? flat : flat.index_select(0, selected);
    }
}

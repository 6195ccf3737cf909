using Liger.Models;
using Liger.Models.Mixers;

namespace Liger.Evaluation;

/// <summary>Chooses forms round by round, each from the choice before (<see cref="HeadBudget.Measure"/>).</summary>
/// <param name="model">The original.</param>
/// <param name="ladder">The heads and their forms.</param>
/// <param name="bytes">What the heads may keep together.</param>
/// <param name="rows">What is measured on.</param>
/// <param name="tell">Told after every form how many are measured, and what the last one does.</param>
/// <param name="cancellation">Ends the work between two batches.</param>
internal sealed class BudgetSearch(CausalLM model, HeadLadder ladder, long bytes, DamageRows rows, Action<int, double>? tell, CancellationToken cancellation)
{
    /// <summary>What is left once every head has its smallest window.</summary>
    private readonly long spare = bytes - ladder.Least;

    private int done;

    /// <summary>The best choice of all rounds.</summary>
    /// <param name="rounds">Rounds with all forms, at most.</param>
    /// <param name="fit">Fits key scores to windows; null: there are none.</param>
    internal HeadBudget Best(int rounds, FitKeyScores? fit)
    {
        var best = First();
        for (var round = 1; round <= rounds && (ladder.MayGrow || ladder.Heads.Any(head => ladder.Remembering(head).Count > 0)); round++)
        {
            var next = Again(best, fit);
            var better = next.Damage < best.Damage;
            (better ? best : next).Dispose();
            if (!better)
                break;
            best = next;
        }
        return best;
    }

    /// <summary>Windows alone and softmax, each measured beside the original's heads.</summary>
    private HeadBudget First() => Chosen([.. ladder.Heads.Select(head =>
    {
        rows.BeginAt(head.Layer, cancellation);
        return new HeadForms(head.ToString(), [.. Affordable(head, ladder.Alone(head)).Select(form => Measure(form, head, model.Plan, null))]);
    })], null, 0);

    /// <summary>All forms, each measured beside what the other heads got before.</summary>
    private HeadBudget Again(HeadBudget before, FitKeyScores? fit)
    {
        // Scores of a head that has softmax are for those of its forms that are measured with less.
        var windows = ladder.Heads.Zip(before.Chosen).ToDictionary(pair => pair.First, pair => pair.Second.Form.Window ?? ladder.Windows(pair.First)[0].Window);
        var scores = fit?.Invoke(windows.GetValueOrDefault, cancellation);
        var plan = ladder.With([.. before.Chosen.Select(form => form.Form.OnRecall)]);
        List<HeadForms> heads = rows.With(plan, scores, () => ladder.Heads.Zip(before.Chosen, (head, chosen) =>
        {
            rows.BeginAt(head.Layer, cancellation);
            return new HeadForms(head.ToString(), Tried(head, chosen.Form, before.Price, form => Measure(form, head, plan, scores)));
        }).ToList());
        return Chosen(heads, scores, before.Round + 1);
    }

    /// <summary>
    /// Of all forms those that can matter: the smallest window, the one chosen before and its neighbours; and with each number of keys, or rank, the
    /// windows <see cref="Around"/> the one chosen before. All windows where there is softmax, too: one head that gets or loses it changes how many bytes all
    /// others have.
    /// </summary>
    private List<FormDamage> Tried(MixerPlace head, HeadForm chosen, double price, Func<HeadForm, FormDamage> measure)
    {
        var alone = Affordable(head, ladder.Alone(head)).ToList();
        var at = alone.FindIndex(form => form.Window == chosen.Window);
        return
        [
            .. alone.Where((_, i) => i == 0 || Math.Abs(i - at) <= 1 || ladder.MayGrow).Select(measure),
            .. Affordable(head, ladder.Remembering(head)).GroupBy(form => (form.Keys, form.Rank)).SelectMany(
                alike => Around(chosen.Window ?? int.MaxValue, [.. alike], price, measure)),
        ];
    }

    /// <summary>Longer and shorter windows, until two in a row cost more than the best: damage, and bytes at their price.</summary>
    /// <param name="window">Where to begin.</param>
    /// <param name="forms">The smallest window first.</param>
    /// <param name="price">Damage that a byte may cost.</param>
    /// <param name="measure">What a form does.</param>
    /// <returns>All that were measured.</returns>
    internal static IReadOnlyList<FormDamage> Around(int window, IReadOnlyList<HeadForm> forms, double price, Func<HeadForm, FormDamage> measure)
    {
        var start = Math.Max(0, forms.Count(form => form.Window <= window) - 1);
        List<FormDamage> measured = [measure(forms[start])];
        Walk(forms.Skip(start + 1));
        Walk(forms.Take(start).Reverse());
        return measured;

        void Walk(IEnumerable<HeadForm> away)
        {
            var (best, dearer) = (Cost(measured[0]), 0);
            foreach (var form in away)
            {
                measured.Add(measure(form));
                var cost = Cost(measured[^1]);
                (best, dearer) = cost < best ? (cost, 0) : (best, dearer + 1);
                if (dearer == 2)
                    break;
            }
        }

        double Cost(FormDamage form) => form.Damage + (price * form.Form.Bytes);
    }

    private IEnumerable<HeadForm> Affordable(MixerPlace head, IReadOnlyList<HeadForm> forms)
    {
        var most = ladder.Windows(head)[0].Bytes + spare;
        return forms.Where(form => form.Bytes <= most);
    }

    private HeadBudget Chosen(IReadOnlyList<HeadForms> heads, KeyScoreTable? scores, int round)
    {
        rows.BeginAt(null, cancellation);
        var (chosen, price) = HeadForms.Within(heads, bytes);
        var whole = rows.Measure(
            ladder.With([.. chosen.Select(form => form.Form.OnText)]), cancellation, scores, ladder.With([.. chosen.Select(form => form.Form.OnRecall)]));
        return new HeadBudget(
            heads, chosen, ladder.With([.. chosen.Select(form => form.Form.Spec)]), whole.Divergence, whole.RecallDivergence, whole.Recall, rows.Original.Recall, rows.TextTokens, round)
        {
            Scores = scores,
            Price = price,
        };
    }

    private FormDamage Measure(HeadForm form, MixerPlace head, MixerPlan others, KeyScoreTable? scores)
    {
        var figures = rows.Measure(others.With(form.OnText, head), cancellation, scores, others.With(form.OnRecall, head));
        tell?.Invoke(++done, figures.Damage);
        return new FormDamage(form, figures.Divergence, figures.RecallDivergence);
    }
}

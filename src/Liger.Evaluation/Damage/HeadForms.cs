using Liger.Models.Mixers;

namespace Liger.Evaluation;

/// <summary>What a form of one kv head does to a model whose other heads stay as they are.</summary>
/// <param name="Form">The form.</param>
/// <param name="Divergence">KL(original ‖ model) on the text, nats a token.</param>
/// <param name="RecallDivergence">The same on the passages that are asked for.</param>
public sealed record FormDamage(HeadForm Form, double Divergence, double RecallDivergence)
{
    /// <summary>Both divergences, which count alike.</summary>
    internal double Damage => Divergence + RecallDivergence;
}

/// <summary>The forms that one kv head may get.</summary>
/// <param name="Place">The kv head, as "5.1".</param>
/// <param name="Forms">What each does; the smallest window first.</param>
public sealed record HeadForms(string Place, IReadOnlyList<FormDamage> Forms)
{
    /// <summary>
    /// Gives every head its smallest window and then, as long as there are bytes, the head a larger form whose step saves most damage a byte.
    /// Steps may pass over forms, so that one which saves nothing does not hide those behind it: a head's steps run along the lower convex hull of
    /// damage over bytes, until few bytes are left (Shoham and Gersho 1988, for bits). Assumes that the damages of heads add up.
    /// </summary>
    /// <param name="heads">All heads.</param>
    /// <param name="bytes">What they may keep together.</param>
    /// <returns>One form a head; and the price of a byte, which is what the best step saves by each when for the first time there are too few, or 0.</returns>
    /// <exception cref="EvaluationException">The smallest windows do not fit.</exception>
    public static (IReadOnlyList<FormDamage> Chosen, double Price) Within(IReadOnlyList<HeadForms> heads, long bytes)
    {
        var price = 0.0;
        var chosen = heads.Select(head => head.Forms[0]).ToArray();
        var left = bytes - chosen.Sum(form => form.Form.Bytes);
        if (left < 0)
            throw new EvaluationException($"windows: expected at least {bytes - left} bytes for the smallest ones, got {bytes}.");
        while (true)
        {
            var steps =
                (from head in Enumerable.Range(0, heads.Count)
                 from form in heads[head].Forms
                 let more = form.Form.Bytes - chosen[head].Form.Bytes
                 let saved = chosen[head].Damage - form.Damage
                 where more > 0 && saved > 0
                 orderby saved / more descending
                 select (Head: head, Form: form, More: more, Rate: saved / more)).ToList();
            if (price == 0 && steps.Count > 0 && steps[0].More > left)
                price = steps[0].Rate;
            if (steps.FirstOrDefault(step => step.More <= left) is not { Form: { } best } step)
                return (chosen, price);
            (chosen[step.Head], left) = (best, left - step.More);
        }
    }
}

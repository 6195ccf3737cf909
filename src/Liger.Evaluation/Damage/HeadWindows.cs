namespace Liger.Evaluation;

/// <summary>What a window in one kv head does to a model whose other heads are the original's.</summary>
/// <param name="Window">Tokens in sight.</param>
/// <param name="Bytes">Bytes that the head keeps of one sequence, however long it gets.</param>
/// <param name="Divergence">KL(original ‖ model) on the text, nats a token.</param>
/// <param name="RecallDivergence">The same on the passages that are asked for.</param>
public sealed record WindowDamage(int Window, long Bytes, double Divergence, double RecallDivergence)
{
    /// <summary>Both divergences, which count alike.</summary>
    internal double Damage => Divergence + RecallDivergence;
}

/// <summary>The windows that one kv head may get.</summary>
/// <param name="Place">The kv head, as "5.1".</param>
/// <param name="Windows">What each does, the smallest first.</param>
public sealed record HeadWindows(string Place, IReadOnlyList<WindowDamage> Windows)
{
    /// <summary>
    /// Gives every head its smallest window and then, as long as there are bytes, the head a larger one whose step saves most damage a byte.
    /// Steps may pass over windows, so that one which saves nothing does not hide those behind it: a head's steps run along the lower convex hull of
    /// damage over bytes, until few bytes are left (Shoham and Gersho 1988, for bits). Assumes that the damages of heads add up.
    /// </summary>
    /// <param name="heads">All heads.</param>
    /// <param name="bytes">What they may keep together.</param>
    /// <returns>One window a head.</returns>
    /// <exception cref="EvaluationException">The smallest windows do not fit.</exception>
    public static IReadOnlyList<WindowDamage> Within(IReadOnlyList<HeadWindows> heads, long bytes)
    {
        var chosen = heads.Select(head => head.Windows[0]).ToArray();
        var left = bytes - chosen.Sum(window => window.Bytes);
        if (left < 0)
            throw new EvaluationException($"windows: expected at least {bytes - left} bytes for the smallest ones, got {bytes}.");
        while (true)
        {
            var steps =
                from head in Enumerable.Range(0, heads.Count)
                from window in heads[head].Windows
                let more = window.Bytes - chosen[head].Bytes
                let saved = chosen[head].Damage - window.Damage
                where more > 0 && more <= left && saved > 0
                select (Head: head, Window: window, More: more, Rate: saved / more);
            if (steps.OrderByDescending(step => step.Rate).FirstOrDefault() is not { Window: { } best } step)
                return chosen;
            (chosen[step.Head], left) = (best, left - step.More);
        }
    }
}

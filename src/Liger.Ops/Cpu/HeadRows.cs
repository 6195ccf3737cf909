namespace Liger.Ops.Cpu;

/// <summary>One head's rows in a tensor [T,heads,width] of one batch row: token after token, a stride apart.</summary>
internal readonly ref struct HeadRows(Span<float> all, int first, int stride, int width)
{
    private readonly Span<float> all = all;

    /// <summary>Whether there is a tensor at all.</summary>
    internal bool Exists => !all.IsEmpty;

    internal Span<float> this[int token] => all.Slice(first + (token * stride), width);

    /// <summary>Asks for a token's row, if there is such a token.</summary>
    internal void Fetch(int token)
    {
        var at = first + ((long)token * stride);
        if (at >= 0 && at + width <= all.Length)
            Lanes.Fetch(all.Slice((int)at, width));
    }
}

/// <summary>What a recurrence reads for one kv head, or the gradients of it.</summary>
internal ref struct HeadTerms
{
    /// <summary>R·K a token: the group's query heads side by side.</summary>
    internal HeadRows Queries;

    /// <summary>K a token.</summary>
    internal HeadRows Keys;

    /// <summary>V a token.</summary>
    internal HeadRows Values;

    /// <summary>K, V or 1 a token: decays, not their logarithms.</summary>
    internal HeadRows Decays;

    /// <summary>K a token, or nothing: the column of the rank-one part.</summary>
    internal HeadRows Ins;

    /// <summary>K a token, or nothing: the row of the rank-one part.</summary>
    internal HeadRows Outs;

    /// <summary>Asks for all rows of a token.</summary>
    internal readonly void Fetch(int token)
    {
        Queries.Fetch(token);
        Keys.Fetch(token);
        Values.Fetch(token);
        Decays.Fetch(token);
        Ins.Fetch(token);
        Outs.Fetch(token);
    }
}

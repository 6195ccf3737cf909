using System.Runtime.CompilerServices;

namespace Liger.Text;

/// <summary>The text that a pattern is matched against, and the work still allowed.</summary>
internal ref struct PatternInput(ReadOnlySpan<char> text, long steps)
{
    public readonly ReadOnlySpan<char> Text = text;
    private long steps = steps;

    /// <summary>Counts a step and guards against patterns whose work explodes.</summary>
    public void Step()
    {
        if (--steps < 0 || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new TextException("splitting pattern: takes too long on this text — expected work in proportion to its length. The tokenizer's pattern is at fault.");
    }
}

/// <summary>A compiled part of a pattern that knows what follows it: backtracking by return.</summary>
internal abstract class PatternNode
{
    /// <summary>The end of the match of this and all that follows from an index, or -1.</summary>
    public abstract int Match(ref PatternInput input, int index);
}

/// <summary>The end of a pattern.</summary>
internal sealed class AcceptNode : PatternNode
{
    public override int Match(ref PatternInput input, int index) => index;
}

/// <summary>How a repetition chooses its length.</summary>
internal enum Greed
{
    Greedy,
    Lazy,
    Possessive,
}

/// <summary>Characters of one set, from a least to a most count.</summary>
internal sealed class SetNode(CharacterSet set, int minimum, int maximum, Greed greed, PatternNode next) : PatternNode
{
    public override int Match(ref PatternInput input, int index)
    {
        input.Step();
        var count = 0;
        var end = index;
        var goal = greed == Greed.Lazy ? minimum : maximum;
        for (; count < goal && Takes(ref input, end, out var length); count++)
            end += length;
        if (count < minimum)
            return -1;
        while (true)
        {
            if (next.Match(ref input, end) is var result and >= 0)
                return result;
            if (greed == Greed.Possessive)
                return -1;
            if (greed == Greed.Lazy)
            {
                if (count++ == maximum || !Takes(ref input, end, out var length))
                    return -1;
                end += length;
            }
            else
            {
                if (count-- == minimum)
                    return -1;
                end -= end >= index + 2 && char.IsSurrogatePair(input.Text[end - 2], input.Text[end - 1]) ? 2 : 1;
            }
            input.Step();
        }
    }

    private bool Takes(ref PatternInput input, int index, out int length)
    {
        length = 0;
        return index < input.Text.Length && set.Contains(CharacterClass.CodePoint(input.Text, index, out length));
    }
}

/// <summary>The first of several ways that matches.</summary>
internal sealed class ChoiceNode(IReadOnlyList<PatternNode> ways) : PatternNode
{
    public override int Match(ref PatternInput input, int index)
    {
        input.Step();
        foreach (var way in ways)
            if (way.Match(ref input, index) is var result and >= 0)
                return result;
        return -1;
    }
}

/// <summary>A group repeated without limit; <see cref="Body"/> leads back here.</summary>
internal sealed class LoopNode(bool lazy, PatternNode next) : PatternNode
{
    public PatternNode? Body { get; set; }

    public override int Match(ref PatternInput input, int index)
    {
        input.Step();
        var (first, second) = lazy ? (next, Body!) : (Body!, next);
        return first.Match(ref input, index) is var result and >= 0 ? result : second.Match(ref input, index);
    }
}

/// <summary>What follows or not, without being taken.</summary>
internal sealed class LookAheadNode(PatternNode body, bool negative, PatternNode next) : PatternNode
{
    public override int Match(ref PatternInput input, int index) => body.Match(ref input, index) >= 0 == negative ? -1 : next.Match(ref input, index);
}

/// <summary>A group that keeps its first match.</summary>
internal sealed class AtomicNode(PatternNode body, PatternNode next) : PatternNode
{
    public override int Match(ref PatternInput input, int index) => body.Match(ref input, index) is var end and >= 0 ? next.Match(ref input, end) : -1;
}

/// <summary>A place: the beginning or end of the text or of a line.</summary>
internal sealed class AnchorNode(char kind, PatternNode next) : PatternNode
{
    public override int Match(ref PatternInput input, int index)
    {
        var text = input.Text;
        var holds = kind switch
        {
            '^' => index == 0 || text[index - 1] == '\n',
            '$' => index == text.Length || text[index] == '\n',
            'A' => index == 0,
            'Z' => index == text.Length || (index == text.Length - 1 && text[index] == '\n'),
            _ => index == text.Length,
        };
        return holds ? next.Match(ref input, index) : -1;
    }
}

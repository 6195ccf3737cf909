using System.Globalization;

namespace Liger.Text;

/// <summary>Parses a pattern into a chain of nodes, from its end backwards: every part is compiled knowing what follows it.</summary>
internal sealed class PatternParser(string pattern)
{
    /// <summary>A bounded repetition of a group is written out; more copies than this are refused.</summary>
    private const int MaximumCopies = 64, MaximumDepth = 64;

    private int position;
    private int depth;

    /// <summary>A part of the pattern: how to compile it before what follows, and whether it can match nothing.</summary>
    private sealed record Part(Func<PatternNode, PatternNode> Compile, bool CanBeEmpty, CharacterSet? Set = null);

    public PatternNode Parse()
    {
        var part = Choice(ignoreCase: false);
        if (position < pattern.Length)
            throw Error("a ')' without '('");
        return part.Compile(new AcceptNode());
    }

    private Part Choice(bool ignoreCase)
    {
        if (++depth > MaximumDepth)
            throw Error("groups nested too deeply");
        var ways = new List<Part> { Row(ignoreCase) };
        while (Take('|'))
            ways.Add(Row(ignoreCase));
        depth--;
        return ways.Count == 1 ? ways[0] : new Part(next => new ChoiceNode([.. ways.Select(w => w.Compile(next))]), ways.Any(w => w.CanBeEmpty));
    }

    private Part Row(bool ignoreCase)
    {
        var parts = new List<Part>();
        while (position < pattern.Length && pattern[position] is not ('|' or ')'))
            parts.Add(Repeated(ignoreCase));
        return new Part(next => Enumerable.Reverse(parts).Aggregate(next, (following, part) => part.Compile(following)), parts.All(p => p.CanBeEmpty));
    }

    private Part Repeated(bool ignoreCase)
    {
        var part = Single(ignoreCase);
        while (Quantifier() is var (minimum, maximum))
        {
            var greed = Take('?') ? Greed.Lazy : Take('+') ? Greed.Possessive : Greed.Greedy;
            part = part.Set is { } set
                ? new Part(next => new SetNode(set, minimum, maximum, greed, next), minimum == 0)
                : Group(part, minimum, maximum, greed);
        }
        return part;
    }

    private Part Group(Part body, int minimum, int maximum, Greed greed)
    {
        if (body.CanBeEmpty)
            throw Error("a repeated group that can match nothing");
        if (minimum > MaximumCopies || (maximum != int.MaxValue && maximum > MaximumCopies))
            throw Error($"a group repeated more than {MaximumCopies} times");
        PatternNode Compile(PatternNode next)
        {
            var tail = next;
            if (maximum == int.MaxValue)
            {
                var loop = new LoopNode(greed == Greed.Lazy, next);
                loop.Body = body.Compile(loop);
                tail = loop;
            }
            for (var i = minimum; maximum != int.MaxValue && i < maximum; i++)
                tail = new ChoiceNode(greed == Greed.Lazy ? [next, body.Compile(tail)] : [body.Compile(tail), next]);
            for (var i = 0; i < minimum; i++)
                tail = body.Compile(tail);
            return tail;
        }
        return new Part(next => greed == Greed.Possessive ? new AtomicNode(Compile(new AcceptNode()), next) : Compile(next), minimum == 0);
    }

    private (int Minimum, int Maximum)? Quantifier()
    {
        if (Take('?'))
            return (0, 1);
        if (Take('*'))
            return (0, int.MaxValue);
        if (Take('+'))
            return (1, int.MaxValue);
        if (position >= pattern.Length || pattern[position] != '{')
            return null;
        var end = pattern.IndexOf('}', position);
        var bounds = end < 0 ? [] : pattern[(position + 1)..end].Split(',');
        if (bounds.Length is 0 or > 2 || !int.TryParse(bounds[0], NumberStyles.None, null, out var minimum))
            throw Error("a '{' that is no repetition like {1,3}");
        var maximum = minimum;
        if (bounds.Length == 2 && bounds[1].Length == 0)
            maximum = int.MaxValue;
        else if (bounds.Length == 2 && (!int.TryParse(bounds[1], NumberStyles.None, null, out maximum) || maximum < minimum))
            throw Error("a repetition whose upper bound is no number or below the lower one");
        position = end + 1;
        return (minimum, maximum);
    }

    private Part Single(bool ignoreCase)
    {
        var c = pattern[position];
        switch (c)
        {
            case '(':
                return Parenthesis(ignoreCase);
            case '^' or '$':
                position++;
                return new Part(next => new AnchorNode(c, next), true);
            case '\\' when position + 1 < pattern.Length && pattern[position + 1] is 'A' or 'z' or 'Z':
                position += 2;
                var kind = pattern[position - 1];
                return new Part(next => new AnchorNode(kind, next), true);
            case '*' or '+' or '?' or '{':
                throw Error($"a '{c}' with nothing to repeat");
        }
        var set = new CharacterSetParser(pattern, position).Parse(out position);
        if (ignoreCase)
            set.IgnoreCase();
        return new Part(next => new SetNode(set, 1, 1, Greed.Possessive, next), false, set);
    }

    private Part Parenthesis(bool ignoreCase)
    {
        position++;
        var wrap = (Part body) => body;
        if (Take("?:"))
        {
        }
        else if (Take("?i:"))
        {
            ignoreCase = true;
        }
        else if (Take("?="))
        {
            wrap = body => new Part(next => new LookAheadNode(body.Compile(new AcceptNode()), false, next), true);
        }
        else if (Take("?!"))
        {
            wrap = body => new Part(next => new LookAheadNode(body.Compile(new AcceptNode()), true, next), true);
        }
        else if (Take("?>"))
        {
            wrap = body => new Part(next => new AtomicNode(body.Compile(new AcceptNode()), next), body.CanBeEmpty);
        }
        else if (position < pattern.Length && pattern[position] == '?')
        {
            throw Error("a kind of group that is not supported (known: (?: (?i: (?= (?! (?> and plain groups)");
        }
        var inner = Choice(ignoreCase);
        if (!Take(')'))
            throw Error("a '(' without ')'");
        return wrap(new Part(inner.Compile, inner.CanBeEmpty));
    }

    private bool Take(char c) => Take(c.ToString());

    private bool Take(string text)
    {
        if (string.CompareOrdinal(pattern, position, text, 0, text.Length) != 0)
            return false;
        position += text.Length;
        return true;
    }

    private TextException Error(string problem) => new($"splitting pattern '{pattern}': {problem} at character {position + 1}.");
}

using System.Globalization;

namespace Liger.Text;

/// <summary>Parses one character, escape or [class] of a pattern.</summary>
internal sealed class CharacterSetParser(string pattern, int position)
{
    public CharacterSet Parse(out int end)
    {
        CharacterSet set;
        if (pattern[position] == '[')
        {
            position++;
            set = Class();
        }
        else if (pattern[position] == '.')
        {
            position++;
            set = CharacterSet.Any(includeLineBreak: false);
        }
        else
        {
            var (point, named) = Item();
            set = named ?? new CharacterSet().Add(point);
        }
        end = position;
        return set;
    }

    private CharacterSet Class()
    {
        var set = new CharacterSet();
        var negated = Take('^');
        for (var first = true; ; first = false)
        {
            if (position >= pattern.Length)
                throw Error("a '[' without ']'");
            if (Take(']'))
            {
                if (first)
                    throw Error("an empty class");
                break;
            }
            if (pattern[position] == '[' || string.CompareOrdinal(pattern, position, "&&", 0, 2) == 0)
                throw Error("classes within classes, which are not supported");
            var (point, named) = Item();
            if (named is not null)
            {
                set.Add(named);
                continue;
            }
            if (position + 1 < pattern.Length && pattern[position] == '-' && pattern[position + 1] != ']')
            {
                position++;
                var (last, lastNamed) = Item();
                if (lastNamed is not null || last < point)
                    throw Error("a range whose end is no character or below its beginning");
                set.Add(point, last);
            }
            else
            {
                set.Add(point);
            }
        }
        return negated ? set.Negate() : set;
    }

    private (int Point, CharacterSet? Named) Item()
    {
        if (pattern[position] != '\\')
        {
            var point = CharacterClass.CodePoint(pattern, position, out var length);
            position += length;
            return (point, null);
        }
        if (position + 1 >= pattern.Length)
            throw Error("a '\\' at the end");
        var c = pattern[position + 1];
        position += 2;
        return c switch
        {
            'n' => ('\n', null),
            'r' => ('\r', null),
            't' => ('\t', null),
            'f' => ('\f', null),
            'v' => ('\v', null),
            's' => (0, CharacterSet.Spaces(false)),
            'S' => (0, CharacterSet.Spaces(true)),
            'd' => (0, CharacterSet.Category("Nd", false)),
            'D' => (0, CharacterSet.Category("Nd", true)),
            'w' => (0, CharacterSet.Words(false)),
            'W' => (0, CharacterSet.Words(true)),
            'p' => (0, Category(false)),
            'P' => (0, Category(true)),
            'u' => (Hex(4), null),
            'x' => (position < pattern.Length && pattern[position] == '{' ? BracedHex() : Hex(2), null),
            _ when !char.IsAsciiLetterOrDigit(c) => (c, null),
            _ => throw Error($"the escape \\{c}, which is not supported"),
        };
    }

    private CharacterSet Category(bool negated)
    {
        string name;
        if (position < pattern.Length && pattern[position] != '{')
        {
            name = pattern[position++].ToString();
        }
        else
        {
            var end = pattern.IndexOf('}', position);
            if (end < 0)
                throw Error("a \\p without a name in braces");
            name = pattern[(position + 1)..end];
            position = end + 1;
        }
        if (name.StartsWith('^'))
            (name, negated) = (name[1..], !negated);
        return CharacterSet.Category(name, negated) ?? throw Error($"the property \\p{{{name}}}, which is not supported (known: the general categories)");
    }

    private int Hex(int digits)
    {
        if (position + digits > pattern.Length || !int.TryParse(pattern.AsSpan(position, digits), NumberStyles.AllowHexSpecifier, null, out var point))
            throw Error($"an escape without its {digits} hexadecimal digits");
        position += digits;
        return point;
    }

    private int BracedHex()
    {
        var end = pattern.IndexOf('}', position);
        if (end < 0 || !int.TryParse(pattern.AsSpan(position + 1, end - position - 1), NumberStyles.AllowHexSpecifier, null, out var point) || point > 0x10FFFF)
            throw Error("a \\x{…} that is no code point");
        position = end + 1;
        return point;
    }

    private bool Take(char c)
    {
        if (position >= pattern.Length || pattern[position] != c)
            return false;
        position++;
        return true;
    }

    private TextException Error(string problem) => new($"splitting pattern '{pattern}': {problem} at character {position + 1}.");
}

using System.Globalization;
using System.Text;

namespace Liger.Text;

/// <summary>A set of code points: ranges, Unicode categories, spaces, word characters, and other sets, negated or not.</summary>
internal sealed class CharacterSet
{
    private readonly List<(int First, int Last)> ranges = [];
    private readonly List<CharacterSet> nested = [];
    private uint categories;
    private bool spaces, words, ignoreCase, negated;
    private bool[]? ascii;

    public static CharacterSet Any(bool includeLineBreak) => includeLineBreak ? new CharacterSet { negated = true } : new CharacterSet { negated = true }.Add('\n');

    public static CharacterSet Spaces(bool negated) => new() { spaces = true, negated = negated };

    public static CharacterSet Words(bool negated) => new() { words = true, negated = negated };

    /// <summary>A general category: L, Lu, N, …; null where there is none of that name.</summary>
    public static CharacterSet? Category(string name, bool negated)
    {
        var mask = name switch
        {
            "L" or "Letter" => Mask(UnicodeCategory.UppercaseLetter, UnicodeCategory.OtherLetter),
            "Lu" => Mask(UnicodeCategory.UppercaseLetter),
            "Ll" => Mask(UnicodeCategory.LowercaseLetter),
            "Lt" => Mask(UnicodeCategory.TitlecaseLetter),
            "Lm" => Mask(UnicodeCategory.ModifierLetter),
            "Lo" => Mask(UnicodeCategory.OtherLetter),
            "M" or "Mark" => Mask(UnicodeCategory.NonSpacingMark, UnicodeCategory.EnclosingMark),
            "Mn" => Mask(UnicodeCategory.NonSpacingMark),
            "Mc" => Mask(UnicodeCategory.SpacingCombiningMark),
            "Me" => Mask(UnicodeCategory.EnclosingMark),
            "N" or "Number" => Mask(UnicodeCategory.DecimalDigitNumber, UnicodeCategory.OtherNumber),
            "Nd" => Mask(UnicodeCategory.DecimalDigitNumber),
            "Nl" => Mask(UnicodeCategory.LetterNumber),
            "No" => Mask(UnicodeCategory.OtherNumber),
            "Z" => Mask(UnicodeCategory.SpaceSeparator, UnicodeCategory.ParagraphSeparator),
            "Zs" => Mask(UnicodeCategory.SpaceSeparator),
            "Zl" => Mask(UnicodeCategory.LineSeparator),
            "Zp" => Mask(UnicodeCategory.ParagraphSeparator),
            "Cc" => Mask(UnicodeCategory.Control),
            "Cf" => Mask(UnicodeCategory.Format),
            "P" or "Punctuation" => Mask(UnicodeCategory.ConnectorPunctuation, UnicodeCategory.OtherPunctuation),
            "Pc" => Mask(UnicodeCategory.ConnectorPunctuation),
            "Pd" => Mask(UnicodeCategory.DashPunctuation),
            "Ps" => Mask(UnicodeCategory.OpenPunctuation),
            "Pe" => Mask(UnicodeCategory.ClosePunctuation),
            "Pi" => Mask(UnicodeCategory.InitialQuotePunctuation),
            "Pf" => Mask(UnicodeCategory.FinalQuotePunctuation),
            "Po" => Mask(UnicodeCategory.OtherPunctuation),
            "S" or "Symbol" => Mask(UnicodeCategory.MathSymbol, UnicodeCategory.OtherSymbol),
            "Sm" => Mask(UnicodeCategory.MathSymbol),
            "Sc" => Mask(UnicodeCategory.CurrencySymbol),
            "Sk" => Mask(UnicodeCategory.ModifierSymbol),
            "So" => Mask(UnicodeCategory.OtherSymbol),
            _ => 0u,
        };
        return mask == 0 ? null : new CharacterSet { categories = mask, negated = negated };
    }

    public CharacterSet Add(int first, int? last = null)
    {
        ranges.Add((first, last ?? first));
        return this;
    }

    public void Add(CharacterSet set) => nested.Add(set);

    public CharacterSet Negate()
    {
        negated = !negated;
        return this;
    }

    public CharacterSet IgnoreCase()
    {
        ignoreCase = true;
        return this;
    }

    public bool Contains(int point)
    {
        if (point >= 128)
            return Compute(point);
        ascii ??= [.. Enumerable.Range(0, 128).Select(Compute)];
        return ascii[point];
    }

    private static uint Mask(UnicodeCategory first, UnicodeCategory? last = null)
    {
        var mask = 0u;
        for (var category = first; category <= (last ?? first); category++)
            mask |= 1u << (int)category;
        return mask;
    }

    private bool Compute(int point) => (ignoreCase ? Equivalents(point).Any(Holds) : Holds(point)) != negated;

    private bool Holds(int point)
    {
        foreach (var (first, last) in ranges)
            if (point >= first && point <= last)
                return true;
        if (categories != 0 && (categories >> (int)CharUnicodeInfo.GetUnicodeCategory(point) & 1) != 0)
            return true;
        if ((spaces && CharacterClass.IsSpace(point)) || (words && CharacterClass.IsWord(point)))
            return true;
        foreach (var set in nested)
            if (set.Contains(point))
                return true;
        return false;
    }

    /// <summary>The code points that differ from one only in case, by simple folding.</summary>
    private static IEnumerable<int> Equivalents(int point)
    {
        var rune = new Rune(point);
        var lower = point switch { 0x17F => 's', 0x212A => 'k', 0x212B => 0xE5, _ => Rune.ToLowerInvariant(rune).Value };
        yield return lower;
        yield return Rune.ToUpperInvariant(new Rune(lower)).Value;
        if (lower is 's')
            yield return 0x17F;
        if (lower is 'k')
            yield return 0x212A;
        if (lower is 0xE5)
            yield return 0x212B;
    }
}

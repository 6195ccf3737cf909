using System.Globalization;
using System.Text;

namespace Liger.Text;

/// <summary>Rewrites text before it is tokenized.</summary>
internal abstract class Normalizer
{
    public abstract string Normalize(string text);
}

/// <summary>One normalizer after the other.</summary>
internal sealed class NormalizerSequence(IReadOnlyList<Normalizer> steps) : Normalizer
{
    public override string Normalize(string text)
    {
        foreach (var step in steps)
            text = step.Normalize(text);
        return text;
    }
}

/// <summary>Unicode's normal forms.</summary>
internal sealed class UnicodeNormalizer(NormalizationForm form) : Normalizer
{
    public override string Normalize(string text) => UnicodeNormalization.Normalize(text, form);
}

/// <summary>Puts something in front of a text that is not empty.</summary>
internal sealed class PrependNormalizer(string prefix) : Normalizer
{
    public override string Normalize(string text) => text.Length == 0 ? text : prefix + text;
}

/// <summary>Replaces a string.</summary>
internal sealed class ReplaceNormalizer(string pattern, string replacement) : Normalizer
{
    public override string Normalize(string text) => text.Replace(pattern, replacement, StringComparison.Ordinal);
}

/// <summary>Replaces what a regular expression matches.</summary>
internal sealed class RegexReplaceNormalizer(CodePointRegex pattern, string replacement) : Normalizer
{
    public override string Normalize(string text)
    {
        var result = new StringBuilder();
        var done = 0;
        foreach (var (start, length) in pattern.Matches(text))
        {
            result.Append(text, done, start - done).Append(replacement);
            done = start + length;
        }
        return result.Append(text, done, text.Length - done).ToString();
    }
}

/// <summary>Removes spaces at the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : Normalizer
{
    public override string Normalize(string text)
    {
        var span = text.AsSpan();
        span = left ? span.TrimStart() : span;
        return (right ? span.TrimEnd() : span).ToString();
    }
}

/// <summary>Lower case by Unicode's full mapping: İ becomes i and a dot above, a final Σ becomes ς.</summary>
internal sealed class LowercaseNormalizer : Normalizer
{
    public override string Normalize(string text)
    {
        var result = new StringBuilder(text.Length);
        int length;
        for (var i = 0; i < text.Length; i += length)
        {
            var codePoint = CharacterClass.CodePoint(text, i, out length);
            if (codePoint == 0x130)
                result.Append("i\u0307");
            else if (codePoint == 0x3A3)
                result.Append(IsCased(text, i, -1) && !IsCased(text, i, 1) ? 'ς' : 'σ');
            else
                result.Append(Rune.ToLowerInvariant(new Rune(codePoint)).ToString());
        }
        return result.ToString();
    }

    private static bool IsCased(string text, int index, int direction)
    {
        for (var i = index + direction; i >= 0 && i < text.Length; i += direction)
        {
            var at = char.IsLowSurrogate(text[i]) && i > 0 ? i - 1 : i;
            switch (CharUnicodeInfo.GetUnicodeCategory(CharacterClass.CodePoint(text, at, out _)))
            {
                case UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter:
                    return true;
                case UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol:
                    continue;
                default:
                    if (text[i] is '\'' or '.' or ':' or '·' or '’')
                        continue;
                    return false;
            }
        }
        return false;
    }
}

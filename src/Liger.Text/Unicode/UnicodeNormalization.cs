using System.Globalization;
using System.Text;

namespace Liger.Text;

/// <summary>
/// Unicode's normal forms (UAX 15) by the data of Unicode 9.0, the version that Hugging Face's tokenizers use. Of our own because ids
/// must be theirs on every machine, and because the program runs without ICU, where <see cref="string.Normalize()"/> leaves text as it is.
/// </summary>
internal static class UnicodeNormalization
{
    private const int SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7, LCount = 19, VCount = 21, TCount = 28, SCount = LCount * VCount * TCount;

    private static readonly Tables Data = Load();

    /// <summary>The text in a normal form; a lone surrogate becomes U+FFFD.</summary>
    public static string Normalize(string text, NormalizationForm form)
    {
        var compatible = form is NormalizationForm.FormKC or NormalizationForm.FormKD;
        var composed = form is NormalizationForm.FormC or NormalizationForm.FormKC;
        if (IsNormal(text, composed, compatible))
            return text;
        var points = new List<int>(text.Length);
        int length;
        for (var i = 0; i < text.Length; i += length)
            Decompose(CharacterClass.CodePoint(text, i, out length), compatible, points);
        Order(points);
        if (composed)
            Compose(points);
        var result = new StringBuilder(points.Count);
        foreach (var point in points)
            result.Append(new Rune(point).ToString());
        return result.ToString();
    }

    /// <summary>Whether no character of a text can change: a quick check that may say no where nothing would.</summary>
    private static bool IsNormal(string text, bool composed, bool compatible)
    {
        // Compatibility forms begin at U+00A0, canonical ones at U+00C0.
        var start = text.AsSpan().IndexOfAnyExceptInRange('\0', compatible ? '\u009F' : '\u00BF');
        if (start < 0)
            return true;
        if (!composed)
            return false;
        int length;
        for (var i = start; i < text.Length; i += length)
        {
            var point = CharacterClass.CodePoint(text, i, out length);
            if (char.IsSurrogate(text[i]) && length == 1)
                return false;
            if (point < Data.Unsteady.Length ? Data.Unsteady[point] : Data.UnsteadyAstral.Contains(point))
                return false;
            if (compatible && (Data.Compatible.ContainsKey(point) || Data.Canonical.ContainsKey(point)))
                return false;
        }
        return true;
    }

    private static void Decompose(int point, bool compatible, List<int> output)
    {
        if (point < 0xA0)
        {
            output.Add(point);
        }
        else if (point is >= SBase and < SBase + SCount)
        {
            var index = point - SBase;
            output.Add(LBase + (index / (VCount * TCount)));
            output.Add(VBase + (index % (VCount * TCount) / TCount));
            if (index % TCount != 0)
                output.Add(TBase + (index % TCount));
        }
        else if (Data.Canonical.TryGetValue(point, out var mapping) || (compatible && Data.Compatible.TryGetValue(point, out mapping)))
        {
            foreach (var part in mapping)
                Decompose(part, compatible, output);
        }
        else
        {
            output.Add(point);
        }
    }

    private static int Combining(int point) => point < 0x300 ? 0 : Data.Classes.GetValueOrDefault(point);

    /// <summary>Sorts each run of combining marks by class, keeping the order of equals.</summary>
    private static void Order(List<int> points)
    {
        for (var start = 0; start < points.Count; start++)
        {
            if (Combining(points[start]) == 0)
                continue;
            var end = start;
            while (end < points.Count && Combining(points[end]) != 0)
                end++;
            var sorted = points.GetRange(start, end - start).OrderBy(Combining).ToList();
            for (var i = start; i < end; i++)
                points[i] = sorted[i - start];
            start = end;
        }
    }

    private static void Compose(List<int> points)
    {
        var kept = 0;
        var starter = -1;
        var previousClass = 0;
        foreach (var point in points.ToArray())
        {
            var combining = Combining(point);
            var adjacent = starter == kept - 1;
            if (starter >= 0 && (adjacent || (previousClass != 0 && previousClass < combining)) && Pair(points[starter], point) is var composed and > 0)
            {
                points[starter] = composed;
                continue;
            }
            if (combining == 0)
                starter = kept;
            previousClass = combining;
            points[kept++] = point;
        }
        points.RemoveRange(kept, points.Count - kept);
    }

    private static int Pair(int first, int second)
    {
        if (first is >= LBase and < LBase + LCount && second is >= VBase and < VBase + VCount)
            return SBase + ((((first - LBase) * VCount) + second - VBase) * TCount);
        if (first is >= SBase and < SBase + SCount && (first - SBase) % TCount == 0 && second is > TBase and < TBase + TCount)
            return first + second - TBase;
        return Data.Pairs.GetValueOrDefault((first, second));
    }

    private static Tables Load()
    {
        var data = new Tables([], [], [], [], new bool[0x10000], []);
        using var stream = typeof(UnicodeNormalization).Assembly.GetManifestResourceStream("normalization.txt")
            ?? throw new TextException("Liger.Text: the data of Unicode's normal forms is not in the assembly. Rebuild it.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            var fields = line.Split(' ');
            var point = Hex(fields[0]);
            if (Hex(fields[1]) is var combining and > 0)
            {
                data.Classes[point] = (byte)combining;
                data.SetUnsteady(point);
            }
            if (fields.Length == 2)
                continue;
            var mapping = fields[3..].Select(Hex).ToArray();
            (fields[2] == "~" ? data.Compatible : data.Canonical)[point] = mapping;
            if (fields[2] == "=" && mapping.Length == 2)
            {
                data.Pairs[(mapping[0], mapping[1])] = point;
                data.SetUnsteady(mapping[1]);
            }
            else if (fields[2] == "!")
            {
                data.SetUnsteady(point);
            }
        }
        for (var jamo = VBase; jamo < TBase + TCount; jamo++)
            data.SetUnsteady(jamo);
        return data;
    }

    private static int Hex(string digits) => int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>The data; unsteady is what composition may change: marks, second parts of pairs, what is excluded from composition.</summary>
    private sealed record Tables(
        Dictionary<int, byte> Classes, Dictionary<int, int[]> Canonical, Dictionary<int, int[]> Compatible, Dictionary<(int, int), int> Pairs, bool[] Unsteady, HashSet<int> UnsteadyAstral)
    {
        public void SetUnsteady(int point)
        {
            if (point < Unsteady.Length)
                Unsteady[point] = true;
            else
                UnsteadyAstral.Add(point);
        }
    }
}

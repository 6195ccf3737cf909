using System.Runtime.InteropServices;
using System.Text;

namespace Liger.Text;

/// <summary>SentencePiece's normalization: rewriting rules, extra spaces removed, a space put in front, spaces written as ▁.</summary>
internal sealed class SentencePieceNormalizer(SentencePieceModel model) : Normalizer
{
    private readonly byte[][] verbatim =
        [.. model.Pieces.Where(p => p.Type == PieceType.UserDefined).Select(p => Encoding.UTF8.GetBytes(p.Text)).OrderByDescending(b => b.Length)];

    private readonly byte[] space = model.EscapeSpaces ? [0xE2, 0x96, 0x81] : [(byte)' '];

    public override string Normalize(string text)
    {
        if (text.Length == 0)
            return text;
        if (model.Charsmap is null && verbatim.Length == 0 && !model.RemoveExtraSpaces)
            return Plain(text);
        var input = (ReadOnlySpan<byte>)Encoding.UTF8.GetBytes(text);
        if (model.RemoveExtraSpaces)
            while (input.Length > 0 && Next(input, out var consumed).SequenceEqual(" "u8))
                input = input[consumed..];
        if (input.Length == 0)
            return "";
        var output = new List<byte>(input.Length + 8);
        if (!model.SpaceAsSuffix && model.AddDummyPrefix)
            output.AddRange(space);
        Rewrite(input, output);
        if (model.RemoveExtraSpaces)
            while (CollectionsMarshal.AsSpan(output).EndsWith(space))
                output.RemoveRange(output.Count - space.Length, space.Length);
        if (model.SpaceAsSuffix && model.AddDummyPrefix)
            output.AddRange(space);
        return Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(output));
    }

    private string Plain(string text)
    {
        text = model.EscapeSpaces ? text.Replace(' ', '\u2581') : text;
        var mark = !model.AddDummyPrefix ? "" : model.EscapeSpaces ? "\u2581" : " ";
        return model.SpaceAsSuffix ? text + mark : mark + text;
    }

    private void Rewrite(ReadOnlySpan<byte> input, List<byte> output)
    {
        var afterSpace = model.RemoveExtraSpaces;
        while (input.Length > 0)
        {
            var part = Next(input, out var consumed);
            input = input[consumed..];
            while (afterSpace && part.Length > 0 && part[0] == ' ')
                part = part[1..];
            foreach (var b in part)
            {
                if (b == ' ')
                    output.AddRange(space);
                else
                    output.Add(b);
            }
            if (part.Length > 0)
                afterSpace = part[^1] == ' ';
            afterSpace &= model.RemoveExtraSpaces;
        }
    }

    /// <summary>What the beginning of the text becomes: a user-defined symbol stays, a rule rewrites, anything else is one character.</summary>
    private ReadOnlySpan<byte> Next(ReadOnlySpan<byte> input, out int consumed)
    {
        foreach (var symbol in verbatim)
            if (input.StartsWith(symbol))
            {
                consumed = symbol.Length;
                return input[..consumed];
            }
        if (model.Charsmap is not null && model.Charsmap.TryRewrite(input, out consumed, out var replacement))
            return replacement;
        Rune.DecodeFromUtf8(input, out _, out consumed);
        return input[..consumed];
    }
}

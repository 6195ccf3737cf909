namespace Liger.Text.Tests;

public sealed class CodePointRegexTests
{
    [Theory]
    [InlineData("a+?", "aaa", "a|a|a")]
    [InlineData("a{2,3}", "aaaaa", "aaa|aa")]
    [InlineData("(?:ab|a)c", "abcac", "abc|ac")]
    [InlineData("(?:ab){2}", "ababab", "abab")]
    [InlineData("(?:ab)+c", "ababcab", "ababc")]
    [InlineData("(?:a|b)*?c", "abc", "abc")]
    [InlineData("a++a", "aaa", "")]
    [InlineData("(?>a|ab)c", "abcac", "ac")]
    [InlineData("a(?=b)", "abac", "a")]
    [InlineData("a(?!b).", "abac", "ac")]
    [InlineData("(?i:Straße|k)", "STRAßE K\u212A", "STRAßE|K|\u212A")]
    [InlineData("[^\\s\\p{L}]+", "ab 12!c", "12!")]
    [InlineData("[一-龥]+", "x漢字y", "漢字")]
    [InlineData("\\p{Lu}\\p{Ll}*", "FooBar𝔘", "Foo|Bar|𝔘")]
    [InlineData(".", "😀a", "😀|a")]
    [InlineData("[\\x{1F600}-\\x{1F64F}]", "a😀", "😀")]
    [InlineData("^a|b$", "ab", "a|b")]
    public void Matches_are_those_of_the_usual_engines(string pattern, string text, string expected) =>
        Assert.Equal(expected, string.Join('|', new CodePointRegex(pattern).Matches(text).Select(m => text.Substring(m.Start, m.Length))));

    [Theory]
    [InlineData("(a")]
    [InlineData("a)")]
    [InlineData("[a")]
    [InlineData("*a")]
    [InlineData("a{3,1}")]
    [InlineData("\\p{Han}")]
    [InlineData("\\q")]
    [InlineData("(?<=a)b")]
    [InlineData("[a&&b]")]
    [InlineData("(?:a?)*")]
    [InlineData("(?:a{1,9}){999}")]
    public void What_is_broken_or_unknown_is_an_error(string pattern) =>
        Assert.Contains(pattern, Assert.Throws<TextException>(() => new CodePointRegex(pattern)).Message);

    [Fact]
    public void A_pattern_whose_work_explodes_is_stopped() =>
        Assert.Contains("too long", Assert.Throws<TextException>(() => new CodePointRegex("(?:a+)+b").Matches(new string('a', 5000))).Message);
}

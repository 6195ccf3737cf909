namespace Liger.Text.Tests;

public sealed class WordSplitterTests
{
    [Theory]
    [InlineData(WordSplitter.Gpt2Pattern)]
    [InlineData(WordSplitter.Llama3Pattern)]
    [InlineData(WordSplitter.Qwen2Pattern)]
    public void A_scanner_splits_as_its_regular_expression_does(string pattern)
    {
        var regex = new CodePointRegex(pattern);
        foreach (var (text, _) in Golden.Texts)
        {
            var pieces = new List<TextPiece>();
            WordSplitter.For(pattern)!.Split(new TextPiece(text, 0, text.Length, true), pieces);

            Assert.Equal(regex.Matches(text), pieces.Select(p => (p.Start, p.Length)));
        }
    }

    [Fact]
    public void Letters_above_the_basic_plane_are_letters()
    {
        var pieces = new List<TextPiece>();
        WordSplitter.Llama3.Split(new TextPiece("𝔘𝔫𝔦 𠜎𠜱12345", 0, 16, true), pieces);

        Assert.Equal(["𝔘𝔫𝔦", " 𠜎𠜱", "123", "45"], pieces.Select(p => p.Span.ToString()));
    }
}

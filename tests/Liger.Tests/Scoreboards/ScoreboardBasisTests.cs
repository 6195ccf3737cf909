using Liger.Scoreboards;

namespace Liger.Tests.Scoreboards;

public sealed class ScoreboardBasisTests
{
    private static readonly ScoreboardBasis Basis = new()
    {
        Model = "teacher",
        ModelSha256 = new string('1', 64),
        Text = "val.txt",
        TextSha256 = new string('2', 64),
        Needles = "needles.jsonl",
        NeedlesSha256 = new string('3', 64),
        Context = 1024,
        Dtype = "float32",
        Machine = "card",
    };

    [Fact]
    public void Figures_of_equal_contents_can_be_compared_wherever_they_lie() =>
        Assert.Null(Basis.Difference(Basis with { Model = "copy", Text = "other.txt" }));

    [Fact]
    public void What_differs_is_said()
    {
        Assert.Equal("eval.context — expected 1024, got 512", Basis.Difference(Basis with { Context = 512 }));
        Assert.Equal("eval.text — expected val.txt (sha256 222222222222…), got val.txt (sha256 444444444444…)", Basis.Difference(Basis with { TextSha256 = new string('4', 64) }));
        Assert.Equal("eval.needles — expected needles.jsonl (sha256 333333333333…), got none", Basis.Difference(Basis with { Needles = null, NeedlesSha256 = null }));
        Assert.Equal("machine — expected card, got other", Basis.Difference(Basis with { Machine = "other" }));
    }
}

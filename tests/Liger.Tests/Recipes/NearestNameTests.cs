using Liger.Recipes;

namespace Liger.Tests.Recipes;

public sealed class NearestNameTests
{
    [Theory]
    [InlineData("bacth", "batch")]
    [InlineData("learning_rat", "lr_rate", "learning_rate")]
    [InlineData("widnow", "window")]
    [InlineData("rnk", "rank", "range")]
    public void The_nearest_is_found(string name, params string[] known) => Assert.Equal(known[^1] == "range" ? "rank" : known[^1], NearestName.Find(name, known));

    [Fact]
    public void Nothing_near_gives_nothing() => Assert.Null(NearestName.Find("zzzz", ["model", "data"]));
}

namespace Liger.Text.Tests;

public sealed class PackingTests
{
    [Fact]
    public void Documents_run_on_from_row_to_row_and_the_tail_is_dropped()
    {
        var rows = Packing.Pack([Scored(1, 2, 3), Scored(4, 5, 6, 7, 8), Scored(9, 10)], new PackingOptions { RowLength = 4 }).ToList();

        Assert.Equal([[1, 2, 3, 4], [5, 6, 7, 8]], rows.Select(r => r.Ids));
        Assert.Equal([[0, 3], [0]], rows.Select(r => r.DocumentStarts));
        Assert.Equal([[-100, 2, 3, -100], [5, 6, 7, 8]], rows.Select(r => r.Labels));
    }

    [Fact]
    public void Without_boundaries_a_row_is_one_document()
    {
        var rows = Packing.Pack([Scored(1, 2), Scored(3, 4)], new PackingOptions { RowLength = 4, KeepDocumentBoundaries = false }).ToList();

        Assert.Equal([0], rows.Single().DocumentStarts);
    }

    [Fact]
    public void Rows_without_anything_to_score_are_dropped_on_request_only()
    {
        TokenSequence[] documents = [new([1, 2, 3, 4], [-100, -100, -100, -100]), Scored(5, 6), new([7, 8, 9], [-100, -100, 9])];

        Assert.Equal([5, 6, 7, 8], Packing.Pack(documents, new PackingOptions { RowLength = 4 }).Single().Ids);
        Assert.Equal(2, Packing.Pack(documents, new PackingOptions { RowLength = 4, DropUnscoredRows = false }).Count());
    }

    [Fact]
    public void A_label_at_the_head_of_a_row_scores_nothing()
    {
        TokenSequence[] documents = [new([1, 2, 3, 4], [-100, -100, 3, -100])];

        Assert.Contains("nothing to learn", Assert.Throws<TextException>(() => Packing.Pack(documents, new PackingOptions { RowLength = 2 }).ToList()).Message);
    }

    [Fact]
    public void Too_little_text_is_an_error_that_says_how_much_there_is()
    {
        var message = Assert.Throws<TextException>(() => Packing.Pack([Scored(1, 2, 3)], new PackingOptions { RowLength = 4 }, "notes.txt").ToList()).Message;

        Assert.Contains("notes.txt: 3 tokens in all, text too short for one chunk", message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(17)]
    [InlineData(1000)]
    public void An_epoch_visits_every_row_once_in_an_order_of_its_own(int count)
    {
        var order = new RowOrder(count, seed: 7);
        int[] Epoch(int epoch) => [.. Enumerable.Range(0, count).Select(i => order[epoch, i])];

        Assert.Equal(Enumerable.Range(0, count), Epoch(0).Order());
        Assert.Equal(Epoch(1), Enumerable.Range(0, count).Select(i => new RowOrder(count, 7)[1, i]));
        if (count < 17)
            return;
        Assert.NotEqual(Epoch(0).AsEnumerable(), Epoch(1));
        Assert.NotEqual(Epoch(0), Enumerable.Range(0, count).Select(i => new RowOrder(count, 8)[0, i]));
        Assert.True(Epoch(0).Where((row, i) => row == i).Count() < (count / 4) + 3);
    }

    [Fact]
    public void Every_row_is_about_as_likely_to_come_first()
    {
        var counts = new int[10];
        for (var seed = 0; seed < 10000; seed++)
            counts[new RowOrder(10, seed)[0, 0]]++;

        Assert.All(counts, c => Assert.InRange(c, 850, 1150));
    }

    [Fact]
    public void The_order_never_changes_between_versions() =>
        Assert.Equal([3, 2, 0, 4, 1], Enumerable.Range(0, 5).Select(i => new RowOrder(5, 42)[0, i]));

    private static TokenSequence Scored(params int[] ids) => new(ids, [.. ids]);
}

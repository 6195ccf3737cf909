using Liger.Text;

namespace Liger.Training.Tests.Loop;

public class RunPlanTests
{
    private static readonly List<PackedRow> Rows = [.. Enumerable.Range(0, 5).Select(i => new PackedRow([i, 9], [i, 9], [0]))];

    private static readonly RowMix Made = new(0.3, number => new PackedRow([100 + (int)number, 9], [0, 9], [0]));

    private static List<int> Taken(int batch, RowMix? mix)
    {
        var plan = new RunPlan(Rows, new TrainerOptions { Steps = 60 / batch, Batch = batch, Accumulation = 1, Seed = 4 }) { Mix = mix };
        var taken = new List<int>();
        while (taken.Count < 60)
            taken.AddRange(plan.Next(taken.Count).Select(row => row.Ids[0]));
        return taken;
    }

    [Fact]
    public void Mixed_rows_come_evenly_each_once_and_the_others_in_their_order()
    {
        var taken = Taken(4, Made);
        var mixed = taken.Where(id => id >= 100).ToList();
        Assert.Equal(Enumerable.Range(100, 18), mixed);
        Assert.All(taken.Chunk(10), ten => Assert.Equal(3, ten.Count(id => id >= 100)));
        Assert.Equal(Taken(4, null).Take(42), taken.Where(id => id < 100));
        Assert.Equal(taken, Taken(3, Made));
    }

    [Fact]
    public void A_share_of_one_takes_no_other_row()
    {
        Assert.Equal(Enumerable.Range(100, 60), Taken(5, Made with { Share = 1 }));
        Assert.Equal(Taken(5, null), Taken(5, Made with { Share = 0 }));
    }
}

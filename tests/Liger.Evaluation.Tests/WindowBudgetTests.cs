using Liger.Models.Mixers;
using Liger.Testing;

namespace Liger.Evaluation.Tests;

public class WindowBudgetTests
{
    private static readonly DamageOptions Small = new() { Context = 96, Tokens = 192 };

    private static readonly MixerSpec Windows = MixerSpec.Parse("window sinks=1 cache-bits=8");

    [Fact]
    public void Steps_that_save_most_a_byte_go_first_and_pass_over_windows_that_save_nothing()
    {
        // A head that needs its whole plateau crossed, one that gains at once, one that no window helps.
        HeadWindows[] heads =
        [
            new("0.0", [new(4, 40, 1, 1), new(8, 80, 1, 1.1), new(16, 160, 0.5, 0)]),
            new("0.1", [new(4, 40, 0.3, 0), new(8, 80, 0.1, 0), new(16, 160, 0.09, 0)]),
            new("1.0", [new(4, 40, 0, 0.2), new(8, 80, 0, 0.2), new(16, 160, 0, 0.3)]),
        ];
        int[] Chosen(long bytes) => [.. HeadWindows.Within(heads, bytes).Select(window => window.Window)];
        Assert.Equal([4, 4, 4], Chosen(159));
        Assert.Equal([4, 8, 4], Chosen(239));
        Assert.Equal([16, 4, 4], Chosen(240));
        Assert.Equal([16, 8, 4], Chosen(359));
        Assert.Equal([16, 16, 4], Chosen(10_000));
        Assert.Contains("at least 120 bytes", Assert.Throws<EvaluationException>(() => HeadWindows.Within(heads, 119)).Message);
    }

    [Fact]
    public void Every_window_is_measured_from_its_layer_on_as_from_the_tokens_and_the_choice_keeps_to_the_budget()
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using var model = TinyModel.Make();
        var plan = new MixerPlan(Windows).With(MixerSpec.Parse("softmax cache-bits=8"), new MixerPlace(1, 1));
        var before = LiveTensors.Count();
        var ladder = new WindowLadder(model.Config, plan, [32, 2, 400], elementSize: 4);
        // Keys and values of 8 numbers take 10 bytes each, for window − 1 + sinks tokens.
        Assert.Equal((3, 3 * 40L), (ladder.Heads.Count, ladder.Least));
        var budget = WindowBudget.Measure(model, ladder, 800, TinyModel.Ids(200), Small);
        Assert.Equal(before, Tensor.TotalCount);
        Assert.True(model.Plan.IsSoftmax);

        Assert.Equal(["0.0", "0.1", "1.0"], budget.Heads.Select(head => head.Place));
        Assert.All(budget.Heads, head => Assert.Equal([(2, 40L), (32, 640L), (400, 8000L)], head.Windows.Select(window => (window.Window, window.Bytes))));
        Assert.All(budget.Heads, head => Assert.True(head.Windows[0].Divergence > 10 * head.Windows[2].Divergence, $"{head}"));
        Assert.InRange(budget.Chosen.Sum(window => window.Bytes), 640, 800);
        Assert.Equal([2, 2, 32], budget.Chosen.Select(window => window.Window).Order());
        Assert.Equal("softmax", budget.Plan.At(1, 1).Name);
        foreach (var (head, chosen) in ladder.Heads.Zip(budget.Chosen))
            Assert.Equal(($"{chosen.Window}", "1", "8"), (budget.Plan.At(head.Layer, head.KvHead!.Value).Options["window"], budget.Plan.Default.Options["sinks"], budget.Plan.Default.Options["cache-bits"]));

        using var rows = DamageRows.Of(model, TinyModel.Ids(200), Small, default);
        foreach (var (head, measured) in ladder.Heads.Zip(budget.Heads))
        {
            var whole = rows.Measure(model.Plan.With(ladder.Spec(2), head), default);
            Assert.Equal(whole.Divergence, measured.Windows[0].Divergence, 1e-6);
            Assert.Equal(whole.RecallDivergence, measured.Windows[0].RecallDivergence, 1e-6);
        }
        var all = rows.Measure(budget.Plan, default);
        Assert.Equal((all.Divergence, all.RecallDivergence, all.Recall), (budget.Divergence, budget.RecallDivergence, budget.Recall));
    }

    [Fact]
    public void A_mixer_without_a_window_is_refused()
    {
        using var model = TinyModel.Make();
        Assert.Contains("'window', got gla", Assert.Throws<Liger.Models.ModelException>(() => new WindowLadder(model.Config, MixerSpec.Parse("gla"), [4], 4)).Message);
    }
}

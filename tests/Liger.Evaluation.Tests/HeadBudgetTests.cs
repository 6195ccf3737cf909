using Liger.Models;
using Liger.Models.Mixers;
using Liger.Testing;
using Liger.Text;

namespace Liger.Evaluation.Tests;

public class HeadBudgetTests
{
    private static readonly DamageOptions Small = new() { Context = 96, Tokens = 192 };

    private static readonly MixerSpec Windows = MixerSpec.Parse("window sinks=1 cache-bits=8");

    [Fact]
    public void Steps_that_save_most_a_byte_go_first_and_pass_over_forms_that_save_nothing()
    {
        // A head that needs its whole plateau crossed, one that gains at once, one that no window helps.
        HeadForms[] heads =
        [
            new("0.0", [Form(4, 40, 1, 1), Form(8, 80, 1, 1.1), Form(16, 160, 0.5, 0)]),
            new("0.1", [Form(4, 40, 0.3, 0), Form(8, 80, 0.1, 0), Form(16, 160, 0.09, 0)]),
            new("1.0", [Form(4, 40, 0, 0.2), Form(8, 80, 0, 0.2), Form(16, 160, 0, 0.3)]),
        ];
        int?[] Chosen(long bytes) => [.. HeadForms.Within(heads, bytes).Chosen.Select(form => form.Form.Window)];
        Assert.Equal([4, 4, 4], Chosen(159));
        Assert.Equal([4, 8, 4], Chosen(239));
        Assert.Equal([16, 4, 4], Chosen(240));
        Assert.Equal([16, 8, 4], Chosen(359));
        Assert.Equal([16, 16, 4], Chosen(10_000));
        // What a byte is worth: the step that was the best and did not fit.
        double Price(long bytes) => HeadForms.Within(heads, bytes).Price;
        Assert.Equal(1.5 / 120, Price(159), 1e-12);
        Assert.Equal(0.2 / 40, Price(240), 1e-12);
        Assert.Equal(0.01 / 80, Price(359), 1e-12);
        Assert.Equal(0, Price(10_000));
        Assert.Contains("at least 120 bytes", Assert.Throws<EvaluationException>(() => HeadForms.Within(heads, 119)).Message);
    }

    [Fact]
    public void Windows_are_tried_from_the_one_chosen_before_until_two_in_a_row_cost_more()
    {
        int[] sizes = [8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512];
        // Windows under 100 lose recall, whatever stands beside them; from 192 on nothing is gained.
        double Damage(int window) => window < 100 ? 0.8 : window < 150 ? 0.1 : 0;
        int[] Tried(int from, double price, Func<int, double> damage) =>
            [.. BudgetSearch.Around(from, [.. sizes.Select(size => Form(size, size, 0, 0).Form)], price, form => new FormDamage(form, damage(form.Window!.Value), 0))
                .Select(form => form.Form.Window!.Value)];
        Assert.Equal([128, 192, 256, 384, 96, 64], Tried(128, 1e-3, Damage));
        // One that costs more is passed over; and a window between two begins at the shorter one.
        Assert.Equal([192, 256, 384, 128, 96], Tried(200, 1e-3, window => window == 128 ? 1 : Damage(window))[..5]);
        Assert.Equal([24, 32, 48, 16, 8], Tried(24, 1, _ => 0));
        Assert.Equal(sizes, Tried(1, 0, window => -window));
        Assert.Equal(sizes.Reverse(), Tried(9999, 0, window => window));
    }

    [Fact]
    public void No_choice_keeps_more_than_the_budget_or_leaves_a_step_that_fits()
    {
        var random = new Random(5);
        for (var round = 0; round < 200; round++)
        {
            HeadForms[] heads = [.. Enumerable.Range(0, 4).Select(head => new HeadForms($"0.{head}",
                [.. Enumerable.Range(0, 6).Select(i => Form(i + 1, i == 0 ? 10 : 10 + random.Next(90), random.NextDouble(), random.NextDouble()))]))];
            var bytes = 40 + random.Next(300);
            var (chosen, _) = HeadForms.Within(heads, bytes);
            var left = bytes - chosen.Sum(form => form.Form.Bytes);
            Assert.True(left >= 0);
            foreach (var (head, form) in heads.Zip(chosen))
                Assert.DoesNotContain(head.Forms, other => other.Form.Bytes > form.Form.Bytes && other.Form.Bytes - form.Form.Bytes <= left && other.Damage < form.Damage);
        }
    }

    [Fact]
    public void Every_window_is_measured_from_its_layer_on_as_from_the_tokens_and_the_choice_keeps_to_the_budget()
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using var model = TinyModel.Make();
        var plan = new MixerPlan(Windows).With(MixerSpec.Parse("softmax cache-bits=8"), new MixerPlace(1, 1));
        var before = LiveTensors.Count();
        var ladder = new HeadLadder(model.Config, plan, new HeadSizes([32, 2, 400]), elementSize: 4);
        // Keys and values of 8 numbers take 10 bytes each, for window − 1 + sinks tokens.
        Assert.Equal((3, 3 * 40L), (ladder.Heads.Count, ladder.Least));
        using var budget = HeadBudget.Measure(model, ladder, 800, TinyModel.Ids(200), Small);
        Assert.Equal(before, Tensor.TotalCount);
        Assert.True(model.Plan.IsSoftmax);

        Assert.Equal(["0.0", "0.1", "1.0"], budget.Heads.Select(head => head.Place));
        // 400 tokens of one head alone are more than there are bytes.
        Assert.All(budget.Heads, head => Assert.Equal([(2, 40L), (32, 640L)], head.Forms.Select(form => (form.Form.Window, form.Form.Bytes))));
        Assert.All(budget.Heads, head => Assert.True(head.Forms[0].Divergence > 2 * head.Forms[1].Divergence, $"{head}"));
        Assert.InRange(budget.Bytes, 640, 800);
        Assert.Equal([2, 2, 32], budget.Chosen.Select(form => form.Form.Window).Order());
        Assert.Equal("softmax", budget.Plan.At(1, 1).Name);
        foreach (var (head, chosen) in ladder.Heads.Zip(budget.Chosen))
            Assert.Equal(($"{chosen.Form.Window}", "1", "8"), (budget.Plan.At(head.Layer, head.KvHead!.Value).Options["window"], budget.Plan.Default.Options["sinks"], budget.Plan.Default.Options["cache-bits"]));

        using var rows = DamageRows.Of(model, TinyModel.Ids(200), Small, default);
        foreach (var (head, measured) in ladder.Heads.Zip(budget.Heads))
        {
            var whole = rows.Measure(model.Plan.With(measured.Forms[0].Form.Spec, head), default);
            Assert.Equal(whole.Divergence, measured.Forms[0].Divergence, 1e-6);
            Assert.Equal(whole.RecallDivergence, measured.Forms[0].RecallDivergence, 1e-6);
        }
        var all = rows.Measure(budget.Plan, default);
        Assert.Equal((all.Divergence, all.RecallDivergence, all.Recall), (budget.Divergence, budget.RecallDivergence, budget.Recall));
    }

    [Fact]
    public void Keys_are_chosen_beside_what_the_other_heads_got_with_the_scores_that_were_fitted()
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using var model = TinyModel.Make();
        var ladder = new HeadLadder(model.Config, Windows, new HeadSizes([2, 8, 32], [8, 16], []), elementSize: 4);
        var windows = new List<int>();
        var before = LiveTensors.Count();
        using (var budget = HeadBudget.Measure(model, ladder, 2000, TinyModel.Ids(200), Small with { Rounds = 1 }, Fit))
        {
            Assert.Equal(1, budget.Round);
            Assert.InRange(budget.Bytes, 160, 2000);
            Assert.Contains(budget.Chosen, form => form.Form.Keys > 0);
            // Fitted to the windows of the choice without keys.
            Assert.Equal(4, windows.Count);
            // What is stored is what was measured.
            using var rows = DamageRows.Of(model, TinyModel.Ids(200), Small, default);
            var whole = rows.Measure(budget.Plan, default, budget.Scores);
            Assert.Equal((whole.Divergence, whole.RecallDivergence), (budget.Divergence, budget.RecallDivergence));
            Assert.NotEqual(whole.Divergence, rows.Measure(budget.Plan, default).Divergence);
            var alone = HeadBudget.Measure(model, new HeadLadder(model.Config, Windows, new HeadSizes([2, 8, 32]), elementSize: 4), 2000, TinyModel.Ids(200), Small);
            Assert.True(budget.Damage < alone.Damage);
        }
        Assert.Equal(before, Tensor.TotalCount);
        Assert.True(model.Plan.IsSoftmax);

        KeyScoreTable Fit(Func<MixerPlace, int?> window, CancellationToken cancellation)
        {
            var table = new KeyScoreTable();
            foreach (var head in model.KvHeads)
            {
                windows.Add(window(head)!.Value);
                // Two query heads, key and value of 8 numbers each, and two lengths.
                using var direction = full([34], 0.1);
                using var bias = zeros([1]);
                table.Put(head, direction, bias);
            }
            return table;
        }
    }

    [Fact]
    public void Softmax_stays_where_it_serves_best_for_what_it_keeps_at_the_length_that_counts()
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using var model = TinyModel.Make();
        var ladder = new HeadLadder(model.Config, Windows, new HeadSizes([2]) { Softmax = 96 }, elementSize: 4);
        // Of 10 bytes a key or value: 96 tokens in one head and 2 in the others, with some to spare.
        using var budget = HeadBudget.Measure(model, ladder, (96 * 20) + (3 * 40) + 120, TinyModel.Ids(200), Small);
        var (place, growing) = Assert.Single(ladder.Heads.Zip(budget.Chosen), pair => pair.Second.Form.Window is null);
        Assert.Equal((96 * 20L, "softmax"), (growing.Form.Bytes, budget.Plan.At(place.Layer, place.KvHead!.Value).Name));
        using var rows = DamageRows.Of(model, TinyModel.Ids(200), Small, default);
        var all = rows.Measure(budget.Plan, default);
        Assert.Equal((all.Divergence, all.RecallDivergence), (budget.Divergence, budget.RecallDivergence));
        using var alone = HeadBudget.Measure(model, new HeadLadder(model.Config, Windows, new HeadSizes([2]), 4), budget.Bytes, TinyModel.Ids(200), Small);
        Assert.True(budget.Damage <= alone.Damage);
        // All of it where there are bytes for all: nothing is lost but by the rounding to 8 bits.
        using var whole = HeadBudget.Measure(model, ladder, 4 * 96 * 20, TinyModel.Ids(200), Small);
        Assert.InRange(whole.Damage, 0, alone.Damage / 2);
    }

    [Fact]
    public void A_head_that_nobody_reads_gets_least_and_a_memory_counts_as_its_window_on_the_text()
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using var model = TinyModel.Make();
        // Two query heads of 8 numbers each read the second kv head of the first layer.
        model.Layers[0].Attention.Output.Base.Weight.narrow(1, 16, 16).zero_();
        var ladder = new HeadLadder(model.Config, Windows, new HeadSizes([2, 8, 32], [], [3, 5]), elementSize: 4);
        using var budget = HeadBudget.Measure(model, ladder, 4000, TinyModel.Ids(200), Small with { Rounds = 1 });
        Assert.Equal("2", budget.Chosen[1].Form.ToString());
        Assert.InRange(budget.Bytes, 160, 4000);
        using var rows = DamageRows.Of(model, TinyModel.Ids(200), Small, default);
        var first = HeadBudget.Measure(model, new HeadLadder(model.Config, Windows, new HeadSizes([2, 8, 32]), elementSize: 4), 4000, TinyModel.Ids(200), Small).Plan;
        var memory = budget.Heads[2].Forms.First(form => form.Form.Rank == 5);
        var figures = rows.Measure(first.With(memory.Form.OnText, new MixerPlace(1, 0)), default, null, first.With(memory.Form.OnRecall, new MixerPlace(1, 0)));
        Assert.Equal(figures.Divergence, memory.Divergence, 1e-6);
        Assert.Equal(figures.RecallDivergence, memory.RecallDivergence, 1e-6);
        var whole = rows.Measure(ladder.With([.. budget.Chosen.Select(form => form.Form.OnText)]), default, null, ladder.With([.. budget.Chosen.Select(form => form.Form.OnRecall)]));
        Assert.Equal((whole.Divergence, whole.RecallDivergence), (budget.Divergence, budget.RecallDivergence));
    }

    [Fact]
    public void Worded_facts_count_at_their_answers()
    {
        var row = Assert.Single(CalibrationRow.Asked([new RecallWindow([5, 6, 7, 8, 9, 10], [new AnswerSpan(2, 2), new AnswerSpan(5, 1)])]));
        Assert.Equal([1, 2, 4], row.Scored);
    }

    [Fact]
    public void A_mixer_without_a_window_is_refused()
    {
        using var model = TinyModel.Make();
        Assert.Contains("'window', got gla", Assert.Throws<ModelException>(() => new HeadLadder(model.Config, MixerSpec.Parse("gla"), new HeadSizes([4]), 4)).Message);
        Assert.Contains("got liger-gla", Assert.Throws<ModelException>(() => new HeadLadder(model.Config, MixerSpec.Parse("liger-gla"), new HeadSizes([4], [8], []), 4)).Message);
    }

    private static FormDamage Form(int window, long bytes, double divergence, double recall) => new(new HeadForm(Windows, window, 0, 0, bytes), divergence, recall);
}

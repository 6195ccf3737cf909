using System.Text.Json;
using System.Text.Json.Nodes;
using Liger.Bench.Measuring;
using Liger.Checkpoints;

namespace Liger.Bench.Reporting;

/// <summary>The figures as a file under eval/results.</summary>
internal static class Record
{
    internal static void Write(string path, BenchPlan plan, Machine machine, IReadOnlyList<Comparison> comparisons)
    {
        var both = comparisons.FirstOrDefault(c => c.Theirs is not null);
        var content = new JsonObject
        {
            ["when"] = machine.When.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
            ["commit"] = machine.Commit,
            ["machine"] = machine.ToJson(),
            ["versions"] = new JsonObject
            {
                ["dotnet"] = Environment.Version.ToString(),
                ["libtorch"] = comparisons[0].Ours.Version,
                ["python3_torch"] = both?.Theirs?.Version,
            },
            ["checkpoint"] = Path.GetFileName(plan.Checkpoint),
            ["shapes"] = new JsonObject
            {
                ["batch"] = BenchPlan.Batch,
                ["tokens"] = BenchPlan.Tokens,
                ["prompt_tokens"] = BenchPlan.PromptTokens,
                ["new_tokens"] = BenchPlan.NewTokens,
            },
            ["threads"] = plan.Threads,
            ["rounds"] = plan.Rounds,
            ["steps_a_round"] = plan.Steps,
            ["comparisons"] = new JsonArray([.. comparisons.Select(Json)]),
        };
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
            content.WriteTo(writer);
        stream.WriteByte((byte)'\n');
        AtomicFile.Write(Path.GetFullPath(path), stream.ToArray());
    }

    private static JsonNode Json(Comparison c)
    {
        var figures = new JsonObject();
        foreach (var figure in Figure.Of(c))
            figures[figure.Name] = new JsonObject { ["ours"] = Round(figure.Ours), ["python"] = Round(figure.Theirs), ["ratio"] = Round(figure.Ratio), ["goal"] = figure.Goal };
        var json = new JsonObject
        {
            ["work"] = c.Work,
            ["mixer"] = c.Mixer,
            ["dtype"] = c.Dtype,
            ["figures"] = figures,
            ["seconds_ours"] = Seconds(c.Ours),
            ["seconds_python"] = c.Theirs is null ? null : Seconds(c.Theirs),
        };
        if (c.OurLosses is [_, ..] ours)
            json["losses_ours"] = new JsonArray(Round(ours[0]), Round(ours[^1]));
        if (c.TheirLosses is [_, ..] theirs)
            json["losses_python"] = new JsonArray(Round(theirs[0]), Round(theirs[^1]));
        return json;
    }

    private static JsonArray Seconds(Side side) => new([.. side.Turns.Select(t => Round(t.Seconds))]);

    private static JsonNode? Round(double? value) => value is null ? null : JsonValue.Create(double.Parse($"{value:G6}"));
}

using System.Text.Json.Nodes;

namespace Liger.Bench.Workers;

/// <summary>What both sides work on, handed to them as a file.</summary>
/// <param name="Rows">The batch that every step trains on.</param>
/// <param name="LearningRate">Of AdamW.</param>
/// <param name="Prompt">What decoding continues.</param>
/// <param name="NewTokens">Tokens of a continuation.</param>
internal sealed record WorkInputs(int[][] Rows, double LearningRate, int[] Prompt, int NewTokens)
{
    private const string RowsKey = "rows", RateKey = "learning_rate", PromptKey = "prompt", NewTokensKey = "new_tokens";

    internal static WorkInputs Read(string path)
    {
        var content = JsonNode.Parse(File.ReadAllText(path))!;
        return new WorkInputs(
            [.. content[RowsKey]!.AsArray().Select(row => Ints(row!))], content[RateKey]!.GetValue<double>(), Ints(content[PromptKey]!),
            content[NewTokensKey]!.GetValue<int>());
    }

    internal void Write(string path)
    {
        var content = new JsonObject
        {
            [RowsKey] = new JsonArray([.. Rows.Select(Array)]),
            [RateKey] = LearningRate,
            [PromptKey] = Array(Prompt),
            [NewTokensKey] = NewTokens,
        };
        File.WriteAllText(path, content.ToJsonString());
    }

    private static int[] Ints(JsonNode node) => [.. node.AsArray().Select(id => id!.GetValue<int>())];

    private static JsonNode Array(int[] ids) => new JsonArray([.. ids.Select(id => (JsonNode)id)]);
}

using Liger.Testing;

namespace Liger.Text.Tests.Recall;

/// <summary>A text in which no key of a template stands, and a small tokenizer for it.</summary>
internal static class RecallFixture
{
    internal static readonly string Prose = string.Concat(Enumerable.Range(0, 400).Select(i =>
        $"The {(i % 3 == 0 ? "weather" : "market")} was quiet on day {i}, and nobody said much. \"Why not?\" they asked.{(i % 7 == 0 ? "\n" : " ")}"));

    internal static readonly Tokenizer Tokenizer = Make();

    internal static readonly RecallText Text = RecallText.Of([Tokenizer.EncodeToIds(Prose)], Tokenizer);

    private static Tokenizer Make()
    {
        using var folder = new TemporaryFolder();
        BpeTrainer.Train([Prose, "What is the secret number of it? The number is 1234. lamp ring rope stone"], 420, ["<|begin|>", "<|end|>"]).Save(folder.Path);
        return TokenizerFolder.Load(folder.Path);
    }
}

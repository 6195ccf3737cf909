using System.CommandLine;
using System.Diagnostics;
using Liger.Text;
using Liger.TinyLlama.Rows;
using Liger.TinyLlama.Writing;

namespace Liger.TinyLlama.Commands;

/// <summary><c>tokenizer</c>: trains the byte-level BPE vocabulary on generated texts.</summary>
public static class TokenizerCommand
{
    /// <summary>Size of the vocabulary: two special tokens, 256 bytes, 766 merges; the story words are mostly one token.</summary>
    public const int Vocabulary = 1024;

    /// <summary>How much text the vocabulary is trained on, in characters; more changes little, the words are the same.</summary>
    public const long Characters = 6_000_000;

    private const int SpeedRows = 4096;
    private static readonly string[] SpecialTokens = ["<|begin_of_text|>", "<|end_of_text|>"];

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var seed = new Option<ulong>("--seed") { Description = "Which texts to train on", DefaultValueFactory = _ => 1 };
        var to = new Option<string>("--out") { Description = "The folder that receives tokenizer.json and tokenizer_config.json", Required = true };
        var command = new Command("tokenizer", "Trains the tokenizer and reports how fast training rows can be made with it.") { seed, to };
        command.SetAction(parsed =>
        {
            var folder = parsed.GetRequiredValue(to);
            var corpus = new Corpus(Grammar.Load(), parsed.GetValue(seed));
            Train(corpus, folder);
            var rows = new RowSource(corpus, TokenizerFolder.Load(folder), Corpus.Context);
            var clock = Stopwatch.StartNew();
            var count = rows.Ahead(Environment.ProcessorCount).Take(SpeedRows).Count();
            Console.Error.WriteLine($"{folder}: {Vocabulary} tokens; rows at {count * Corpus.Context / clock.Elapsed.TotalSeconds / 1e6:F2} M tokens/s on {Environment.ProcessorCount} threads");
        });
        return command;
    }

    /// <summary>Trains the vocabulary and writes it into a folder.</summary>
    public static void Train(Corpus corpus, string folder) => BpeTrainer.Train(corpus.Texts(Characters), Vocabulary, SpecialTokens).Save(folder);
}

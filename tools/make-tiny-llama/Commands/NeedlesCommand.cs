using System.CommandLine;
using Liger.Text;
using Liger.TinyLlama.Needles;
using Liger.TinyLlama.Writing;

namespace Liger.TinyLlama.Commands;

/// <summary><c>needles</c>: writes recall cases by distance.</summary>
internal static class NeedlesCommand
{
    /// <summary>Tokens between fact and question; the longest leaves room for both in the context.</summary>
    public static readonly int[] Distances = [16, 48, 96, 192, 320, 448];

    public static Command Create()
    {
        var seed = new Option<ulong>("--seed") { Description = "Which cases; training never uses the seed 11", DefaultValueFactory = _ => 11 };
        var tokenizer = new Option<string>("--tokenizer") { Description = "The folder of the tokenizer", Required = true };
        var to = new Option<string>("--out") { Description = "The file to write, gzipped JSON lines", Required = true };
        var count = new Option<int>("--count") { Description = "Cases a distance", DefaultValueFactory = _ => 36 };
        var context = new Option<int>("--context") { Description = "Tokens that prompt and answer may have", DefaultValueFactory = _ => Corpus.Context };
        var distances = new Option<int[]>("--distance") { Description = "Tokens between fact and question", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => Distances };
        var command = new Command("needles", "Writes recall cases: a fact, a story, a question.") { seed, tokenizer, to, count, context, distances };
        command.SetAction(parsed =>
        {
            var writer = new NeedleWriter(Grammar.Load(), TokenizerFolder.Load(parsed.GetRequiredValue(tokenizer)), parsed.GetValue(context));
            var path = parsed.GetRequiredValue(to);
            var cases = parsed.GetRequiredValue(distances).SelectMany(distance => Enumerable.Range(0, parsed.GetValue(count))
                .Select(number => writer.Write(new Prng(parsed.GetValue(seed), Stream(distance, number)), distance)));
            NeedleFile.Write(path, cases);
            Console.Error.WriteLine($"{path}: {new FileInfo(path).Length} bytes");
        });
        return command;
    }

    /// <summary>The random stream of one case.</summary>
    public static ulong Stream(int distance, int number) => ((ulong)distance << 32) + (ulong)number;
}

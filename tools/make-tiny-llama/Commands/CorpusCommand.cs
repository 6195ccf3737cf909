using System.CommandLine;
using Liger.TinyLlama.Writing;

namespace Liger.TinyLlama.Commands;

/// <summary><c>corpus</c>: writes the texts of a seed to a file.</summary>
internal static class CorpusCommand
{
    public static Command Create()
    {
        var seed = new Option<ulong>("--seed") { Description = "Which texts; training uses 1, validation 2, fine-tuning 3", DefaultValueFactory = _ => 1 };
        var megabytes = new Option<double>("--megabytes") { Description = "How much text (1e6 characters)", DefaultValueFactory = _ => 1 };
        var to = new Option<string>("--out") { Description = "The file to write", Required = true };
        var command = new Command("corpus", "Writes generated texts, an empty line between any two.") { seed, megabytes, to };
        command.SetAction(parsed =>
        {
            var corpus = new Corpus(Grammar.Load(), parsed.GetValue(seed));
            var path = parsed.GetRequiredValue(to);
            var partial = path + ".part";
            using (var writer = new StreamWriter(partial))
                foreach (var text in corpus.Texts((long)(parsed.GetValue(megabytes) * 1e6)))
                {
                    writer.Write(text);
                    writer.Write("\n\n");
                }
            File.Move(partial, path, overwrite: true);
            Console.Error.WriteLine($"{path}: {new FileInfo(path).Length} bytes");
        });
        return command;
    }
}

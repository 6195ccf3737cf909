using System.CommandLine;
using Liger.TinyLlama.Commands;

var root = new RootCommand("Makes the built-in tiny Llama: its texts, its tokenizer, its recall cases and its weights, all from a seed.")
{
    CorpusCommand.Create(),
    TokenizerCommand.Create(),
    NeedlesCommand.Create(),
    TrainCommand.Create(),
};
return root.Parse(args).Invoke();

using Liger.Testing;
using Liger.Text;
using Liger.TinyLlama.Writing;

namespace Liger.TinyLlama.Tests;

/// <summary>The committed tokenizer of the built-in model.</summary>
public sealed class TrainedVocabulary
{
    public static readonly string Folder = Path.Combine(Repository.Root, "eval", "models", "tiny-llama");

    public Grammar Grammar { get; } = Grammar.Load();

    public Tokenizer Tokenizer { get; } = TokenizerFolder.Load(Folder);
}

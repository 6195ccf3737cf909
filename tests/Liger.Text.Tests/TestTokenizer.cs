using Liger.Testing;

namespace Liger.Text.Tests;

/// <summary>Small byte-level tokenizers for tests about prompts and data; their special tokens are those asked for.</summary>
internal static class TestTokenizer
{
    public static readonly Tokenizer Llama3 = Make("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>");
    public static readonly Tokenizer ChatMl = Make("<|endoftext|>", "<|im_end|>", "<|im_start|>");
    public static readonly Tokenizer Inst = Make("<s>", "</s>");

    private static Tokenizer Make(params string[] special)
    {
        using var folder = new TemporaryFolder();
        BpeTrainer.Train(["the user asked the assistant; the answer is the answer"], 256 + special.Length + 12, special).Save(folder.Path);
        return TokenizerFolder.Load(folder.Path);
    }

    /// <summary>What of a document is scored, as text; ¦ between runs.</summary>
    public static string Scored(Tokenizer tokenizer, TokenSequence document)
    {
        var runs = new List<string>();
        for (var i = 0; i < document.Ids.Length; i++)
        {
            if (document.Labels[i] == TokenSequence.Unscored)
                continue;
            Assert.Equal(document.Ids[i], document.Labels[i]);
            var starts = i == 0 || document.Labels[i - 1] == TokenSequence.Unscored;
            var token = tokenizer.Decode([document.Ids[i]]);
            if (starts)
                runs.Add(token);
            else
                runs[^1] += token;
        }
        return string.Join('¦', runs);
    }
}

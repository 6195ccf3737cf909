using Liger.Testing;

namespace Liger.Text.Tests;

public sealed class SentencePieceTests
{
    [Theory]
    [InlineData("sp-nfkc")]
    [InlineData("sp-rules-unk")]
    [InlineData("sp-identity-as-is")]
    [InlineData("sp-across-words")]
    [InlineData("sp-suffix")]
    public void Small_models_give_the_ids_and_texts_of_SentencePiece(string name)
    {
        using var folder = Golden.Model(name);
        Golden.Check(name, TokenizerFolder.Load(folder.Path));
    }

    [MaterialFact("tokenizers/llama2/tokenizer.model")]
    public void Llama_2_gives_the_ids_and_texts_of_SentencePiece() => CheckMaterial("sp-llama2", "tokenizers/llama2/tokenizer.model");

    [MaterialFact("weights/stories260K-hf/tokenizer.model")]
    public void Stories260K_gives_the_ids_and_texts_of_SentencePiece() => CheckMaterial("sp-stories260K", "weights/stories260K-hf/tokenizer.model");

    [Fact]
    public void The_begin_token_is_added_unless_the_folder_says_not_to()
    {
        using var folder = Golden.Model("sp-suffix");
        Assert.Equal(1, TokenizerFolder.Load(folder.Path).EncodeToIds("fox")[0]);

        File.WriteAllText(folder["tokenizer_config.json"], """{"add_bos_token": false, "add_eos_token": true, "eos_token": "</s>"}""");
        var ids = TokenizerFolder.Load(folder.Path).EncodeToIds("fox");

        Assert.NotEqual(1, ids[0]);
        Assert.Equal(2, ids[^1]);
    }

    [Fact]
    public void Every_damaged_model_is_a_typed_error_naming_the_file()
    {
        using var folder = Golden.Model("sp-suffix");
        var whole = File.ReadAllBytes(folder["tokenizer.model"]);
        var random = new Random(1);
        for (var i = 0; i < 300; i++)
        {
            var damaged = i < 100 ? whole[..random.Next(whole.Length)] : (byte[])whole.Clone();
            for (var flips = 0; i >= 100 && flips < 4; flips++)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(folder["tokenizer.model"], damaged);
            try
            {
                TokenizerFolder.Load(folder.Path).EncodeToIds("The quick brown fox");
            }
            catch (TextException e)
            {
                Assert.Contains("tokenizer.model", e.Message);
            }
        }
    }

    private static void CheckMaterial(string name, string file)
    {
        using var folder = new TemporaryFolder();
        File.Copy(Material.Path(file), folder["tokenizer.model"]);
        Golden.Check(name, TokenizerFolder.Load(folder.Path));
    }
}

using System.Text.Json.Nodes;
using Liger.Testing;

namespace Liger.Text.Tests;

/// <summary>Ids and decoded texts against Hugging Face's tokenizers, and tiktoken and transformers where the golden's name says so.</summary>
public sealed class HuggingFaceTests
{
    private static readonly Dictionary<string, string> Bases = new()
    {
        ["teacher-11m"] = "weights/teacher-11m/tokenizer.json",
        ["stories260K"] = "weights/stories260K-hf/tokenizer.json",
        ["llama2"] = "tokenizers/llama2/tokenizer.derived.json",
    };

    public static TheoryData<string> Edited => [.. Golden.Edits.Select(e => e.Key)];

    [MaterialTheory("weights/teacher-11m", "weights/stories260K-hf", "tokenizers/llama2")]
    [InlineData("teacher-11m")]
    [InlineData("stories260K")]
    [InlineData("llama2")]
    public void A_published_tokenizer_json_gives_the_reference_ids(string name)
    {
        using var folder = new TemporaryFolder();
        File.Copy(Material.Path(Bases[name]), folder["tokenizer.json"]);
        Golden.Check(name, TokenizerFolder.Load(folder.Path));
    }

    [MaterialTheory("tokenizers/qwen2.5")]
    [InlineData("qwen2.5")]
    [InlineData("qwen2.5-transformers")]
    public void Qwen_s_vocabulary_and_merges_give_the_reference_ids(string golden) => Golden.Check(golden, TokenizerFolder.Load(Material.Path("tokenizers/qwen2.5")));

    [MaterialTheory("tokenizers/llama3")]
    [InlineData("llama3")]
    [InlineData("llama3-tiktoken")]
    public void Llama_3_s_ranks_give_the_reference_ids(string golden) => Golden.Check(golden, TokenizerFolder.Load(Material.Path("tokenizers/llama3")));

    [MaterialTheory("weights/teacher-11m", "weights/stories260K-hf", "tokenizers/llama2")]
    [MemberData(nameof(Edited))]
    public void Every_other_component_gives_the_reference_ids(string name)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["tokenizer.json"], Apply(Golden.Edits[name]!.AsObject()).ToJsonString());
        Golden.Check(name, TokenizerFolder.Load(folder.Path));
    }

    /// <summary>The tokenizer.json that an edit describes; pack_goldens.py writes them.</summary>
    private static JsonNode Apply(JsonObject edit)
    {
        var json = JsonNode.Parse(File.ReadAllText(Material.Path(Bases[(string)edit["base"]!])))!;
        var model = json["model"]!;
        foreach (var (name, value) in edit)
        {
            switch (name)
            {
                case "base":
                    break;
                case "model":
                    foreach (var (field, content) in value!.AsObject())
                        model[field] = content?.DeepClone();
                    break;
                case "keep_merges":
                    model["merges"] = new JsonArray([.. model["merges"]!.AsArray().Take((int)value!).Select(m => m!.DeepClone())]);
                    break;
                case "merges_as_pairs":
                    model["merges"] = new JsonArray([.. model["merges"]!.AsArray().Select(m => new JsonArray([.. ((string)m!).Split(' ').Select(t => (JsonNode)t)]))]);
                    break;
                default:
                    json[name] = value?.DeepClone();
                    break;
            }
        }
        return json;
    }
}

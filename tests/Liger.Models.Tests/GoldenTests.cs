using System.Text.Json;
using Liger.Checkpoints;
using Liger.Models.Mixers;
using Liger.Testing;

namespace Liger.Models.Tests;

/// <summary>Real checkpoints against logits computed in float64 outside of this project.</summary>
public class GoldenTests : PlacedTests
{
    private const double LogitTolerance = 2e-4;
    private const double LossTolerance = 1e-5;

    // Every layer rounds the hidden state twice; of the logits' norm, and of the loss.
    private const double RoundedLogits = 3e-2, RoundedLoss = 1e-2;

    private static readonly Dictionary<string, MixerSpec> TeacherCases = new()
    {
        ["softmax"] = MixerSpec.Softmax,
        ["window64"] = Spec("window", ("window", "64")),
        ["window64_sinks4"] = Spec("window", ("window", "64"), ("sinks", "4")),
        ["window16_sinks2"] = Spec("window", ("window", "16"), ("sinks", "2")),
        ["liger_gla_w64"] = Spec("liger-gla"),
        ["liger_gla_w64_sinks4"] = Spec("liger-gla", ("sinks", "4")),
        ["liger_hgrn2_w64"] = Spec("liger-hgrn2"),
        ["liger_gsa_w64"] = Spec("liger-gsa"),
        ["gla_only"] = Spec("gla"),
    };

    public static TheoryData<string> CaseNames => [.. TeacherCases.Keys];

    [MaterialTheory("weights/teacher-11m", "weights/golden-teacher-11m.json")]
    [MemberData(nameof(CaseNames))]
    public void Teacher_11m_agrees_in_every_form(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = Golden("teacher-11m");
        var root = golden.RootElement;
        var ids = Longs(root.GetProperty("ids"));
        var expected = root.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("name").GetString() == name);
        using var folder = CheckpointFolder.Open(Material.Path("weights/teacher-11m"));
        using var model = CausalLM.Load(folder, On.Dtype, On.Device, TeacherCases[name]);
        using var mode = no_grad();

        var logits = model.forward(tensor(ids, [1, ids.Length], device: On.Device))[0].cpu();
        Close(logits[^1..][0], Doubles(expected.GetProperty("last_logits")), "last logits");
        Close(logits[ids.Length / 2], Doubles(expected.GetProperty("mid_logits")), "middle logits");
        if (On.IsPrecise)
            Assert.Equal(Longs(expected.GetProperty("argmax")), logits.argmax(-1).data<long>().ToArray());
        Assert.Equal(expected.GetProperty("loss").GetDouble(), Loss(logits, ids), On.IsPrecise ? LossTolerance : RoundedLoss);
    }

    [MaterialFact("weights/stories260K-hf", "weights/golden-stories260K-hf.json")]
    public void Stories260K_agrees_and_continues_greedily_as_the_reference()
    {
        using var scope = NewDisposeScope();
        using var golden = Golden("stories260K-hf");
        var root = golden.RootElement;
        var ids = Longs(root.GetProperty("input_ids"));
        using var folder = CheckpointFolder.Open(Material.Path("weights/stories260K-hf"));
        using var model = CausalLM.Load(folder, On.Dtype, On.Device);
        using var mode = no_grad();

        var logits = model.forward(tensor(ids, [1, ids.Length], device: On.Device))[0].cpu();
        Close(logits[0], Doubles(root.GetProperty("logits_first")), "first logits");
        Close(logits[ids.Length - 1], Doubles(root.GetProperty("logits_last")), "last logits");
        Assert.Equal(root.GetProperty("loss_nats_per_token").GetDouble(), Loss(logits, ids), On.IsPrecise ? LossTolerance : RoundedLoss);
        if (!On.IsPrecise)
            return;
        Assert.Equal(Longs(root.GetProperty("argmax")), logits.argmax(-1).data<long>().ToArray());

        var prompt = Longs(root.GetProperty("greedy_prompt"));
        var continued = Longs(root.GetProperty("greedy_ids"));
        using var state = model.NewState(1);
        var next = model.Step(tensor(prompt, [1, prompt.Length], device: On.Device), state).argmax(-1).item<long>();
        var made = new List<long>(prompt);
        while (made.Count < continued.Length)
        {
            made.Add(next);
            next = model.Step(tensor([next], [1, 1], device: On.Device), state).argmax(-1).item<long>();
        }
        Assert.Equal(continued, made);
    }

    private void Close(Tensor actual, Tensor expected, string name)
    {
        if (On.IsPrecise)
        {
            TensorAssert.Close(actual, expected, LogitTolerance, name);
            return;
        }
        var error = ((actual.to(float64) - expected).norm() / expected.norm()).item<double>();
        Assert.True(error <= RoundedLogits, $"{name}: relative error {error:G3}");
    }

    private static double Loss(Tensor logits, long[] ids) =>
        nn.functional.cross_entropy(logits[..^1].to(float64), tensor(ids[1..])).item<double>();

    private static JsonDocument Golden(string name) => JsonDocument.Parse(File.ReadAllBytes(Material.Path($"weights/golden-{name}.json")));

    private static long[] Longs(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt64())];

    private static Tensor Doubles(JsonElement array) => tensor([.. array.EnumerateArray().Select(e => e.GetDouble())]);

    private static MixerSpec Spec(string name, params (string Key, string Value)[] options) => new(name, options.ToDictionary(o => o.Key, o => o.Value));
}

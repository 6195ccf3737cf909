using Liger.Models;
using Liger.Models.Graph;
using Liger.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training.Tests.Adapters;

public sealed class LoraTests : IDisposable
{
    private const int C = 10, O = 6, N = 7;
    private const string Layer = "model.layers.0.self_attn";
    private static readonly LoraOptions Options = new() { Rank = 3, Alpha = 6, Targets = ["q_proj", "v_proj"] };
    private readonly List<CausalLM> models = [];

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void A_fresh_adapter_changes_nothing_and_freezes_the_base(ScalarType dtype)
    {
        using var scope = torch.NewDisposeScope();
        var slots = Slots(dtype);
        var x = Input(dtype);
        var before = slots.Select(slot => slot.Value.forward(x)).ToList();
        using var adapter = Lora.Attach(slots, Options, 5);
        foreach (var (slot, expected) in slots.Zip(before))
            TensorAssert.Same(slot.Value.forward(x), expected, slot.Name);
        Assert.Equal(2 * (3 * C + O * 3), adapter.ParameterCount);
        Assert.Equal([Layer + ".q_proj.lora_A.weight", Layer + ".q_proj.lora_B.weight", Layer + ".v_proj.lora_A.weight", Layer + ".v_proj.lora_B.weight"], adapter.Parameters.Select(p => p.Name));
        Assert.All(adapter.Parameters, p => Assert.Equal(ScalarType.Float32, p.Weight.dtype));
    }

    [Fact]
    public void A_is_uniform_up_to_one_over_the_root_of_its_inputs_and_follows_the_seed()
    {
        using var scope = torch.NewDisposeScope();
        List<float> Values(long seed)
        {
            using var adapter = Lora.Attach(Slots(ScalarType.Float32, hidden: 400), new LoraOptions { Rank = 50, Targets = ["q_proj"] }, seed);
            return [.. adapter.Parameters[0].Weight.detach().data<float>().ToArray()];
        }

        var values = Values(1);
        Assert.InRange(values.Max(), 0.0495, 0.05);
        Assert.InRange(values.Average(), -0.001, 0.001);
        Assert.InRange(values.Average(v => v * v), 0.0008, 0.00086);
        Assert.Equal(values, Values(1));
        Assert.NotEqual(values, Values(2));
    }

    [Theory]
    [InlineData(ScalarType.Float32, 0)]
    [InlineData(ScalarType.BFloat16, 0)]
    [InlineData(ScalarType.Float32, 0.4)]
    public void Output_and_gradients_are_those_of_the_formula(ScalarType dtype, double dropout)
    {
        using var scope = torch.NewDisposeScope();
        var slots = Slots(dtype);
        using var adapter = Lora.Attach(slots, Options with { Dropout = dropout }, 5);
        Randomize(adapter);
        var (a, b) = (adapter.Parameters[0].Weight, adapter.Parameters[1].Weight);
        var layer = (LoraLinear)slots[0].Value;

        adapter.Begin(3);
        var x = Input(dtype).requires_grad_();
        var y = layer.forward(x);
        var weight = torch.randn(y.shape, generator: new Generator(9));
        y.to(ScalarType.Float32).mul(weight).sum().backward();

        var plainX = Input(dtype).requires_grad_();
        var (plainA, plainB) = (a.detach().clone().requires_grad_(), b.detach().clone().requires_grad_());
        using var masks = new LoraDropout(dropout, Seeds.Mix(5, 1));
        masks.Begin(3);
        var wide = plainX.to(ScalarType.Float32);
        var dropped = masks.Mask(plainX, 0) is { } mask ? wide.mul(mask.view(plainX.shape)) : wide;
        var plain = layer.Inner.forward(plainX).to(ScalarType.Float32).add(dropped.matmul(plainA.t()).matmul(plainB.t()).mul(2)).to(dtype);
        plain.to(ScalarType.Float32).mul(weight).sum().backward();

        TensorAssert.Close(y, plain.detach(), name: "y");
        TensorAssert.Close(x.grad!, plainX.grad!, name: "gradient of x");
        TensorAssert.Close(a.grad!, plainA.grad!, name: "gradient of A");
        TensorAssert.Close(b.grad!, plainB.grad!, name: "gradient of B");
    }

    [Theory]
    [InlineData(ScalarType.Float32, false, 1e-5)]
    [InlineData(ScalarType.Float32, true, 1e-5)]
    [InlineData(ScalarType.BFloat16, false, 2e-2)]
    public void Dora_is_its_formula_in_output_gradients_and_merged(ScalarType dtype, bool bias, double tolerance)
    {
        using var scope = torch.NewDisposeScope();
        var slots = Slots(dtype, bias: bias);
        var x = Input(dtype).requires_grad_();
        var untouched = slots[0].Value.forward(x).detach();
        using var adapter = Lora.Attach(slots, Options with { UseDora = true }, 5);
        TensorAssert.Same(slots[0].Value.forward(x).detach(), untouched);
        var layer = (LoraLinear)slots[0].Value;
        Assert.Equal([Layer + ".q_proj.lora_A.weight", Layer + ".q_proj.lora_B.weight", Layer + ".q_proj.lora_magnitude_vector"], adapter.Parameters.Take(3).Select(p => p.Name));
        TensorAssert.Close(layer.Magnitude!, layer.Inner.Weight.to(ScalarType.Float32).norm(1));
        Randomize(adapter);
        var y = layer.forward(x);
        var weight = torch.randn(y.shape, generator: new Generator(9));
        y.to(ScalarType.Float32).mul(weight).sum().backward();

        Tensor Leaf(Tensor of) => of.detach().to(ScalarType.Float32).clone().requires_grad_();
        var (plainX, a, b, m) = (Leaf(x), Leaf(layer.A), Leaf(layer.B), Leaf(layer.Magnitude!));
        var sum = layer.Inner.Weight.detach().to(ScalarType.Float32).add(b.matmul(a).mul(2));
        var adapted = sum.mul(m.div(sum.detach().norm(1)).unsqueeze(1));
        var plain = torch.nn.functional.linear(plainX, adapted, layer.Inner.Bias?.to(ScalarType.Float32));
        plain.mul(weight).sum().backward();
        TensorAssert.Close(y, plain.detach(), tolerance, "y");
        // In bf16 sums of 14 rounded outputs stand in each gradient.
        var (loose, name) = (tolerance * (dtype == ScalarType.BFloat16 ? 5 : 1), "gradient");
        foreach (var (actual, expected) in new[] { (x, plainX), (layer.A, a), (layer.B, b), (layer.Magnitude!, m) })
            TensorAssert.Close(actual.grad!, expected.grad!, loose, name);
        TensorAssert.Close(layer.Merged(), adapted.detach());
    }

    [Fact]
    public void Doras_lengths_follow_what_is_loaded_or_trained_after_a_time_of_rest()
    {
        using var folder = new TemporaryFolder();
        using var scope = torch.NewDisposeScope();
        var (slots, x) = (Slots(ScalarType.Float32), Input(ScalarType.Float32));
        using var adapter = Lora.Attach(slots, Options with { UseDora = true }, 5);
        var begun = slots[0].Value.forward(x);
        adapter.Save(folder["begun"]);
        Randomize(adapter);
        var trained = slots[0].Value.forward(x);
        adapter.Freeze();
        for (var i = 0; i < 2; i++)
            TensorAssert.Same(slots[0].Value.forward(x), trained.detach());
        adapter.Load(folder["begun"]);
        TensorAssert.Same(slots[0].Value.forward(x), begun.detach());

        foreach (var (_, weight) in adapter.LoraParameters)
            weight.requires_grad = true;
        Randomize(adapter);
        TensorAssert.Same(slots[0].Value.forward(x), trained);
        adapter.Freeze();
        TensorAssert.Same(slots[0].Value.forward(x), trained.detach());
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void A_projection_trained_in_full_has_its_own_weight_and_is_saved_merged_and_taken_off(ScalarType dtype)
    {
        using var folder = new TemporaryFolder();
        using var scope = torch.NewDisposeScope();
        var slots = Slots(dtype, bias: true);
        var x = Input(dtype);
        var (before, frozen) = (slots[1].Value.forward(x), slots[1].Base.Weight.bytes.ToArray());
        var adapter = Lora.Attach(slots, Options with { UseDora = true }, 5, full: ["k_proj"]);
        Assert.Equal([Layer + ".k_proj.weight"], adapter.FullParameters.Select(p => p.Name));
        TensorAssert.Same(slots[1].Value.forward(x).detach(), before);
        Randomize(adapter);
        slots[1].Value.forward(x).sum().backward();
        Assert.NotNull(adapter.FullParameters[0].Weight.grad);
        Assert.Equal(frozen, slots[1].Base.Weight.bytes.ToArray());
        adapter.Save(folder["adapter"]);

        var others = Slots(dtype, bias: true);
        using (var opened = Lora.Open(others, folder["adapter"]))
            foreach (var (expected, actual) in adapter.Parameters.Zip(opened.Parameters))
                TensorAssert.Same(actual.Weight, expected.Weight, actual.Name);
        var trained = slots.Select(slot => slot.Value.forward(x).detach()).ToList();
        var merged = adapter.MergedWeights().ToDictionary(w => w.Name, w => w.Weight);
        TensorAssert.Same(merged[Layer + ".k_proj.weight"], adapter.FullParameters[0].Weight.detach());
        adapter.Merge();
        Assert.All(slots, slot => Assert.IsType<Linear>(slot.Value));
        foreach (var (slot, old) in slots.Zip(trained))
            TensorAssert.Close(slot.Value.forward(x), old, dtype == ScalarType.BFloat16 ? 4e-2 : 1e-5, slot.Name);

        Assert.Contains("both", Assert.Throws<TrainingException>(() => Lora.Attach(slots, Options, 5, full: ["q_proj"])).Message, StringComparison.Ordinal);
        Assert.Contains("no z_proj", Assert.Throws<TrainingException>(() => Lora.Attach(slots, Options, 5, full: ["z_proj"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dropout_follows_the_micro_batch_and_is_off_outside_of_one()
    {
        using var scope = torch.NewDisposeScope();
        var slots = Slots(ScalarType.Float32);
        using var adapter = Lora.Attach(slots, Options with { Dropout = 0.5 }, 5);
        Randomize(adapter);
        var x = Input(ScalarType.Float32);
        byte[] Output(long? microStep)
        {
            adapter.Begin(microStep);
            using var grad = torch.no_grad();
            return slots[0].Value.forward(x).bytes.ToArray();
        }

        var (first, second) = (Output(1), Output(2));
        Assert.NotEqual(first, second);
        Assert.Equal(first, Output(1));
        var off = Output(null);
        Assert.Equal(off, Output(null));
        Assert.NotEqual(off, first);
    }

    [Theory]
    [InlineData(ScalarType.Float32, 1e-5)]
    // Unmerged, base and addition are rounded to bf16 one after the other; merged, the weight is rounded.
    [InlineData(ScalarType.BFloat16, 4e-2)]
    public void Merging_gives_the_same_outputs_without_the_adapter(ScalarType dtype, double tolerance)
    {
        using var scope = torch.NewDisposeScope();
        var slots = Slots(dtype);
        var adapter = Lora.Attach(slots, Options, 5);
        Randomize(adapter);
        var x = Input(dtype);
        var before = slots.Select(slot => slot.Value.forward(x).detach()).ToList();
        var inner = ((LoraLinear)slots[0].Value).Inner;
        var expected = inner.Weight.to(ScalarType.Float32).add(adapter.Parameters[1].Weight.matmul(adapter.Parameters[0].Weight).mul(2)).to(dtype);
        adapter.Merge();
        Assert.All(slots, slot => Assert.IsType<Linear>(slot.Value));
        TensorAssert.Close(inner.Weight, expected.detach(), name: "merged weight");
        foreach (var (slot, old) in slots.Zip(before))
            TensorAssert.Close(slot.Value.forward(x), old, tolerance, slot.Name);
    }

    [Fact]
    public void Detaching_gives_back_the_very_same_projections()
    {
        using var scope = torch.NewDisposeScope();
        var slots = Slots(ScalarType.BFloat16);
        var before = slots.Select(slot => slot.Value).ToList();
        var bytes = ((Linear)before[0]).Weight.bytes.ToArray();
        using (var adapter = Lora.Attach(slots, Options, 5))
        {
            Randomize(adapter);
            adapter.Detach();
            adapter.Detach();
        }
        Assert.Equal(before, slots.Select(slot => slot.Value));
        Assert.Equal(bytes, ((Linear)before[0]).Weight.bytes.ToArray());
    }

    [Fact]
    public void No_tensor_is_left_by_forward_and_backward()
    {
        using var scope = torch.NewDisposeScope();
        var slots = Slots(ScalarType.BFloat16);
        using var adapter = Lora.Attach(slots, Options with { Dropout = 0.1 }, 5);
        var x = Input(ScalarType.BFloat16).requires_grad_();
        void Step(long number)
        {
            using var inner = torch.NewDisposeScope();
            adapter.Begin(number);
            slots[0].Value.forward(x).sum().backward();
        }

        Step(0);
        var before = LiveTensors.Count();
        for (var i = 1; i < 4; i++)
            Step(i);
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void Unknown_targets_and_a_second_adapter_are_refused()
    {
        using var scope = torch.NewDisposeScope();
        var slots = Slots(ScalarType.Float32);
        var error = Assert.Throws<TrainingException>(() => Lora.Attach(slots, Options with { Targets = ["q_proj", "gate"] }, 0));
        Assert.Contains("gate", error.Message, StringComparison.Ordinal);
        Assert.Contains("k_proj", error.Message, StringComparison.Ordinal);
        using var adapter = Lora.Attach(slots, Options, 0);
        Assert.Contains("already", Assert.Throws<TrainingException>(() => Lora.Attach(slots, Options, 0)).Message, StringComparison.Ordinal);
        Assert.Throws<TrainingException>(() => Lora.Attach(slots, Options with { Rank = 0 }, 0));
    }

    [Fact]
    public void A_saved_adapter_is_opened_with_the_same_values_and_replaced_by_the_next()
    {
        using var folder = new TemporaryFolder();
        using var scope = torch.NewDisposeScope();
        var slots = Slots(ScalarType.Float32);
        using var adapter = Lora.Attach(slots, Options, 5);
        adapter.Save(folder["adapter"], "base");
        Randomize(adapter);
        adapter.Save(folder["adapter"], "base");
        var others = Slots(ScalarType.Float32);
        using var opened = Lora.Open(others, folder["adapter"]);
        foreach (var (expected, actual) in adapter.Parameters.Zip(opened.Parameters))
            TensorAssert.Same(actual.Weight, expected.Weight, actual.Name);
        Assert.Equal((Options.Rank, Options.Alpha), (opened.Options.Rank, opened.Options.Alpha));
        Assert.Equal(Options.Targets, opened.Options.Targets);
    }

    [Fact]
    public void An_adapter_of_another_model_is_refused_and_leaves_the_model_as_it_was()
    {
        using var folder = new TemporaryFolder();
        using var scope = torch.NewDisposeScope();
        using (var adapter = Lora.Attach(Slots(ScalarType.Float32, layers: 2), Options, 5))
            adapter.Save(folder["more"]);
        using (var adapter = Lora.Attach(Slots(ScalarType.Float32, hidden: C + 1), Options, 5))
            adapter.Save(folder["wider"]);
        var slots = Slots(ScalarType.Float32);
        Assert.Contains("layers.1.self_attn.q_proj", Assert.Throws<TrainingException>(() => Lora.Open(slots, folder["more"])).Message, StringComparison.Ordinal);
        Assert.Contains("shape", Assert.Throws<TrainingException>(() => Lora.Open(slots, folder["wider"])).Message, StringComparison.Ordinal);
        Assert.All(slots, slot => Assert.IsType<Linear>(slot.Value));
    }

    public void Dispose() => models.ForEach(model => model.Dispose());

    private List<ProjectionSlot> Slots(ScalarType dtype, int layers = 1, int hidden = C, bool bias = false)
    {
        var model = TinyModel.Make(
            dtype: dtype, fields: [("hidden_size", hidden), ("num_hidden_layers", layers), ("num_attention_heads", 1), ("num_key_value_heads", 1), ("head_dim", O), ("attention_bias", bias)]);
        models.Add(model);
        return [.. model.Projections.Where(slot => slot.Base.InFeatures == hidden && slot.Base.OutFeatures == O)];
    }

    private static Tensor Input(ScalarType dtype)
    {
        using var generator = new Generator(8);
        return torch.randn([2, N, C], generator: generator).to(dtype);
    }

    private static void Randomize(LoraAdapter adapter)
    {
        using var grad = torch.no_grad();
        using var generator = new Generator(6);
        foreach (var (_, weight) in adapter.Parameters)
            weight.normal_(0, 0.3, generator);
    }
}

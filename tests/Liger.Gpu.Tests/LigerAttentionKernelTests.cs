using Liger.Ops;

namespace Liger.Gpu.Tests;

/// <summary>The kernels of Liger attention against the plain form in float64, on the same bf16 numbers.</summary>
[Trait("Category", "Gpu")]
public class LigerAttentionKernelTests
{
    /// <summary>bf16's row of the tolerance table, of the norm of each result.</summary>
    private const double Tolerance = 1e-2;

    public static TheoryData<string, long, long, bool, bool, double> Cases()
    {
        var data = new TheoryData<string, long, long, bool, bool, double>();
        foreach (var gate in Enum.GetNames<RecurrenceGate>())
            foreach (var dim in new long[] { 64, 128 })
                foreach (var tokens in new long[] { 1, 15, 63, 64, 65, 200 })
                    foreach (var packed in new[] { false, true })
                        foreach (var spread in new[] { 1.0, 50.0 })
                            data.Add(gate, dim, tokens, packed, !packed, spread);
        data.Add(nameof(RecurrenceGate.Gla), 128, 1000, false, false, 1);
        return data;
    }

    [GpuTheory]
    [MemberData(nameof(Cases))]
    public void Recurrence_and_all_gradients_equal_the_plain_form(string gate, long dim, long tokens, bool packed, bool carried, double spread)
    {
        using var scope = NewDisposeScope();
        var inputs = new Inputs(2, tokens, 8, 2, dim, Enum.Parse<RecurrenceGate>(gate), spread, packed, carried);
        inputs.CompareBranches(null, 1, Tolerance);
    }

    [GpuTheory]
    [InlineData(64, 0, false)]
    [InlineData(65, 0, true)]
    [InlineData(1, 0, false)]
    [InlineData(100, 0, true)]
    [InlineData(64, 4, false)]
    [InlineData(20, 70, false)]
    public void Window_and_mixture_equal_the_plain_form(int window, int sinks, bool packed)
    {
        using var scope = NewDisposeScope();
        foreach (var tokens in new long[] { 1, 65, 200 })
        {
            var inputs = new Inputs(2, tokens, 6, 2, 64, RecurrenceGate.Gla, 1, packed, false);
            inputs.CompareBranches(new Visibility(window, sinks), 0, Tolerance);
            inputs.CompareBranches(new Visibility(window, sinks), 0.5, Tolerance);
        }
    }

    [GpuFact]
    public void Results_do_not_depend_on_what_was_in_memory_and_repeat_bit_for_bit()
    {
        using var scope = NewDisposeScope();
        var inputs = new Inputs(2, 300, 8, 2, 128, RecurrenceGate.Gla, 1, false, false);
        var first = inputs.Results(new Visibility(64), 0.5);
        foreach (var poison in new[] { double.NaN, 1e30 })
        {
            for (var i = 0; i < 8; i++)
                full([16 << 20], poison, float32, Gpu.Device).Dispose();
            foreach (var (again, before) in inputs.Results(new Visibility(64), 0.5).Zip(first))
                Testing.TensorAssert.Same(again, before);
        }
    }

    [GpuFact]
    public void Changing_a_document_leaves_every_bit_of_the_next_one_alone()
    {
        using var scope = NewDisposeScope();
        const long tokens = 150, boundary = 70;
        var inputs = new Inputs(1, tokens, 4, 2, 64, RecurrenceGate.Gla, 1, false, false);
        var documents = arange(tokens, device: Gpu.Device).ge(boundary).to(int64).unsqueeze(0);
        Tensor Second() => inputs.Forward(new Visibility(64), 0.5, documents).Output.detach().narrow(1, boundary, tokens - boundary).contiguous();
        var before = Second();
        using (no_grad())
            foreach (var x in new[] { inputs.Queries, inputs.Keys, inputs.Values })
                x.narrow(1, 0, boundary).mul_(-3);
        Testing.TensorAssert.Same(Second(), before);
    }

    [GpuFact]
    public void A_projection_read_in_place_gives_what_its_copy_gives()
    {
        using var scope = NewDisposeScope();
        var fused = randn([2, 70, 8, 64], bfloat16, Gpu.Device);
        var (q, k, v) = (fused.narrow(2, 0, 4), fused.narrow(2, 4, 2), fused.narrow(2, 6, 2));
        var gate = new RecurrenceBranch(RecurrenceGate.Gla, 16);
        Testing.TensorAssert.Same(
            LigerAttention.Forward(q, k, v, null, gate).Output,
            LigerAttention.Forward(q.contiguous(), k.contiguous(), v.contiguous(), null, gate).Output);
    }
}

using Liger.Checkpoints;
using Liger.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training.Tests.Loop;

/// <summary>A language model of two layers, all of whose parameters are trained: what the trainer needs and nothing more.</summary>
internal sealed class ToyObjective : IObjective, IDisposable
{
    public const int Vocabulary = 13, Width = 8, Length = 12;
    private readonly ScalarType dtype;

    public ToyObjective(ScalarType dtype = ScalarType.Float32)
    {
        this.dtype = dtype;
        using var scope = torch.NewDisposeScope();
        using var generator = new Generator(3);
        Tensor Weight(params long[] shape) => torch.randn(shape, generator: generator).mul_(0.5).to(dtype).requires_grad_().DetachFromDisposeScope();
        Parameters =
        [
            new NamedParameter("embedding", Weight(Vocabulary, Width)),
            new NamedParameter("bias", Weight(Width)),
            new NamedParameter("layer", Weight(Width, Width)),
            new NamedParameter("head", Weight(Vocabulary, Width)),
        ];
    }

    public IReadOnlyList<NamedParameter> Parameters { get; }

    public bool Dropout { get; init; }

    /// <summary>The micro-batch whose layer gives NaN; null: none.</summary>
    public long? BreakAt { get; set; }

    public int Losses { get; private set; }

    public static List<PackedRow> Rows(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Row(random))];
    }

    public int ScoredTokens(PackedRow row) => NextTokenLoss.ScoredTokens(row);

    public Tensor Loss(IReadOnlyList<PackedRow> rows, double scale, long? microStep)
    {
        Losses++;
        using var scope = torch.NewDisposeScope();
        var states = Layers(rows, microStep).ToList();
        return NextTokenLoss.Sum(states[^1].Output, Parameters[3].Weight, rows, scale).MoveToOuterDisposeScope();
    }

    public string? FirstNonFinite(IReadOnlyList<PackedRow> rows, long? microStep) =>
        Layers(rows, microStep).FirstOrDefault(layer => !layer.Output.isfinite().all().item<bool>()).Name;

    public void Save(string folder)
    {
        using var output = AtomicFolder.Create(folder, overwrite: true);
        AtomicFile.Write(Path.Combine(output.Path, "config.json"), "{}"u8.ToArray());
        using (var writer = SafeTensorsWriter.Create(Path.Combine(output.Path, "model.safetensors"), Parameters.Select(p => new SafeTensorEntry(p.Name, p.Weight.dtype, p.Weight.shape))))
        {
            foreach (var (name, weight) in Parameters)
                writer.Write(name, weight);
            writer.Commit();
        }
        output.Commit();
    }

    /// <summary>All parameters as bytes, to compare bit for bit.</summary>
    public byte[] Bytes() => [.. Parameters.SelectMany(p => Bits(p.Weight))];

    private static byte[] Bits(Tensor tensor)
    {
        using var plain = tensor.detach();
        return plain.bytes.ToArray();
    }

    public void Dispose()
    {
        foreach (var (_, weight) in Parameters)
            weight.Dispose();
    }

    private static PackedRow Row(Random random)
    {
        // Each token follows from the one before, but for some noise: there is something to learn.
        var ids = new int[Length];
        for (var t = 0; t < Length; t++)
            ids[t] = t == 0 || random.Next(4) == 0 ? random.Next(Vocabulary) : (ids[t - 1] * 5 + 3) % Vocabulary;
        var masked = random.Next(Length / 2);
        return new PackedRow(ids, [.. ids.Select((id, t) => t < masked ? -100 : id)], [0]);
    }

    private IEnumerable<(string Name, Tensor Output)> Layers(IReadOnlyList<PackedRow> rows, long? microStep)
    {
        var ids = NextTokenLoss.Ids(rows, CPU);
        var x = Parameters[0].Weight.index_select(0, ids.flatten()).view(ids.shape[0], ids.shape[1], Width).add(Parameters[1].Weight);
        if (Dropout && microStep is { } step)
        {
            using var generator = new Generator((ulong)Seeds.Mix(5, step));
            x = x.mul(torch.empty(x.shape).bernoulli_(0.8, generator).to(dtype));
        }
        yield return ("embedding", x);
        var y = x.matmul(Parameters[2].Weight.t());
        if (BreakAt == microStep && microStep is not null)
            y = y.mul(double.NaN);
        yield return ("layer", y.tanh());
    }
}

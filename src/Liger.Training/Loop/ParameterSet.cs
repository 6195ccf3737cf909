using Liger.Checkpoints;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>
/// The trained parameters with their gradients and moments, each kept in one flat fp32 buffer: clearing, clipping, checking and updating are a
/// handful of operations, whatever the number of tensors. Autograd adds into views of the gradients. A parameter that is not fp32 has an fp32
/// original, and its gradients of several micro-batches are added up in fp32. On disk everything goes by the parameters' names.
/// </summary>
internal sealed class ParameterSet : IDisposable
{
    /// <summary>Parameters begin at multiples of this many numbers, which keeps them aligned for vector loads of any type; gaps stay 0.</summary>
    private const long Alignment = 64;

    private readonly List<Entry> entries = [];
    private readonly List<ParameterGroup> groups = [];
    private readonly Tensor originals;
    private readonly Tensor gradients;
    private readonly AdamW optimizer;
    private readonly List<AdamW.State> moments;

    public ParameterSet(IReadOnlyList<NamedParameter> parameters, AdamWOptions options)
    {
        if (parameters.Count == 0)
            throw new TrainingException("trained parameters: there are none. Name at least one target that the model has.");
        if (parameters.GroupBy(p => p.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new TrainingException($"trained parameters: {twice.Key} is given twice.");
        double Decay(NamedParameter p) => p.WeightDecay ?? (options.DecayVectors || p.Weight.Dimensions > 1 ? options.WeightDecay : 0);
        var alike = parameters.GroupBy(p => (p.Rate, Decay: Decay(p), p.Weight.dtype)).ToList();
        var device = parameters[0].Weight.device;
        Count = parameters.Sum(p => p.Weight.numel());
        var length = parameters.Sum(p => Aligned(p.Weight.numel()));
        originals = torch.zeros(length, ScalarType.Float32, device).DetachFromDisposeScope();
        gradients = torch.zeros(length, ScalarType.Float32, device).DetachFromDisposeScope();
        long offset = 0;
        foreach (var group in alike)
        {
            var (from, members) = (offset, new List<(NamedParameter Parameter, long Offset)>());
            foreach (var parameter in group)
            {
                members.Add((parameter, offset));
                entries.Add(new Entry(parameter.Name, parameter.Weight, groups.Count, offset, offset - from));
                offset += Aligned(parameter.Weight.numel());
            }
            groups.Add(new ParameterGroup(members, originals, gradients, from, offset - from));
        }
        optimizer = torch.optim.AdamW(groups.Zip(alike, (group, of) => new AdamW.ParamGroup([group.Trained], 0, options.Beta1, options.Beta2, options.Epsilon, of.Key.Decay)));
        moments = [.. optimizer.state_dict().State.Cast<AdamW.State>()];
        Names = [.. parameters.Select(p => p.Name)];
    }

    /// <summary>Trained numbers.</summary>
    public long Count { get; }

    /// <summary>The names in the order of the model.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Sets all gradients to zero.</summary>
    public void ClearGradients()
    {
        using var grad = torch.no_grad();
        gradients.zero_();
    }

    /// <summary>Adds up the gradients of parameters that are not fp32; to be called after every backward pass.</summary>
    public void CollectGradients()
    {
        using var grad = torch.no_grad();
        foreach (var group in groups)
            group.Collect();
    }

    /// <summary>The 2-norm of the gradient of all parameters together, a scalar on their device.</summary>
    public Tensor GradientNorm()
    {
        using var grad = torch.no_grad();
        return gradients.norm();
    }

    /// <summary>Multiplies all gradients.</summary>
    public void ScaleGradients(double factor)
    {
        using var grad = torch.no_grad();
        gradients.mul_(factor);
    }

    /// <summary>The parameter nearest to the output whose gradient has a NaN or an infinity: the backward pass meets it first.</summary>
    public string? FirstNonFiniteGradient()
    {
        using var grad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var byName = entries.ToDictionary(e => e.Name);
        return Names.Reverse().FirstOrDefault(name => !byName[name].In(gradients).isfinite().all().item<bool>());
    }

    /// <summary>One step of the optimizer.</summary>
    public void Step(double learningRate)
    {
        using var grad = torch.no_grad();
        foreach (var (settings, group) in optimizer.ParamGroups.Zip(groups))
            settings.LearningRate = learningRate * group.Rate;
        optimizer.step();
        Publish();
    }

    /// <summary>Writes weights and moments, fp32, as two safetensors files.</summary>
    public void Save(string weights, string moments)
    {
        using var grad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        Write(weights, entries.Select(e => (e.Name, e.In(originals))));
        Write(moments, entries.SelectMany(e => new[] { (First(e.Name), e.InGroup(this.moments[e.Group].exp_avg)), (Second(e.Name), e.InGroup(this.moments[e.Group].exp_avg_sq)) }));
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="weights">The weights' file.</param>
    /// <param name="moments">The moments' file.</param>
    /// <param name="step">Optimizer steps done.</param>
    /// <exception cref="TrainingException">The file does not hold exactly these parameters.</exception>
    public void Load(string weights, string moments, long step)
    {
        using var grad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        using var stored = SafeTensorsFile.Open(weights);
        using var storedMoments = SafeTensorsFile.Open(moments);
        var unexpected = stored.Names.Except(Names).ToList();
        if (unexpected.Count > 0)
            throw new TrainingException($"{weights}: holds {unexpected[0]}, which is not trained now. Resume with the recipe that began the run.");
        foreach (var entry in entries)
        {
            var state = this.moments[entry.Group];
            Fill(entry.In(originals), stored, entry.Name);
            Fill(entry.InGroup(state.exp_avg), storedMoments, First(entry.Name));
            Fill(entry.InGroup(state.exp_avg_sq), storedMoments, Second(entry.Name));
            state.step = step;
        }
        Publish();
    }

    public void Dispose()
    {
        optimizer.Dispose();
        foreach (var entry in entries)
            entry.Weight.grad = null;
        groups.ForEach(group => group.Dispose());
        originals.Dispose();
        gradients.Dispose();
    }

    private static string First(string name) => name + ".exp_avg";

    private static string Second(string name) => name + ".exp_avg_sq";

    private static void Write(string path, IEnumerable<(string Name, Tensor Tensor)> tensors)
    {
        var list = tensors.ToList();
        using var writer = SafeTensorsWriter.Create(path, list.Select(t => new SafeTensorEntry(t.Name, t.Tensor.dtype, t.Tensor.shape)));
        foreach (var (name, tensor) in list)
            writer.Write(name, tensor);
        writer.Commit();
    }

    private static void Fill(Tensor target, SafeTensorsFile file, string name)
    {
        if (!file.Tensors.TryGetValue(name, out var info) || !info.Shape.AsSpan().SequenceEqual(target.shape))
            throw new TrainingException($"{file.Path}: {name} — expected shape [{string.Join(", ", target.shape)}], got {(info is null ? "no such tensor" : $"[{string.Join(", ", info.Shape)}]")}. Resume with the recipe that began the run.");
        using var stored = file.Read(name);
        target.copy_(stored);
    }

    private void Publish() => groups.ForEach(group => group.Publish());

    private static long Aligned(long numbers) => (numbers + Alignment - 1) / Alignment * Alignment;

    /// <param name="Name">Its name.</param>
    /// <param name="Weight">The leaf.</param>
    /// <param name="Group">The number of its group.</param>
    /// <param name="Offset">Its place in the flat buffers.</param>
    /// <param name="GroupOffset">Its place in those of its group.</param>
    private sealed record Entry(string Name, Tensor Weight, int Group, long Offset, long GroupOffset)
    {
        public Tensor In(Tensor flat) => flat.narrow(0, Offset, Weight.numel()).view(Weight.shape);

        public Tensor InGroup(Tensor flat) => flat.narrow(0, GroupOffset, Weight.numel()).view(Weight.shape);
    }
}

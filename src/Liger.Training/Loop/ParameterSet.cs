using Liger.Checkpoints;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>
/// The trained parameters with their gradients and moments. All gradients lie in one fp32 buffer into which autograd adds, so
/// that clearing, clipping and checking them is one operation each. A parameter that is not fp32 has an fp32 original, and its
/// gradients of several micro-batches are added up in fp32.
/// </summary>
internal sealed class ParameterSet : IDisposable
{
    private readonly List<Entry> entries = [];
    private readonly Tensor gradients;
    private readonly AdamW optimizer;
    private readonly List<AdamW.State> moments;

    public ParameterSet(IReadOnlyList<NamedParameter> parameters, AdamWOptions options)
    {
        if (parameters.Count == 0)
            throw new TrainingException("trained parameters: there are none. Name at least one target that the model has.");
        using var grad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        Count = parameters.Sum(p => p.Weight.numel());
        gradients = torch.zeros(Count, ScalarType.Float32, parameters[0].Weight.device).DetachFromDisposeScope();
        var names = new HashSet<string>(StringComparer.Ordinal);
        long offset = 0;
        foreach (var (name, weight) in parameters)
        {
            if (!names.Add(name))
                throw new TrainingException($"trained parameters: {name} is given twice.");
            var original = weight.dtype == ScalarType.Float32 ? weight.detach() : weight.detach().to(ScalarType.Float32);
            var trained = torch.nn.Parameter(original);
            trained.DetachFromDisposeScope();
            var gradient = gradients.narrow(0, offset, weight.numel()).view(weight.shape).DetachFromDisposeScope();
            offset += weight.numel();
            trained.grad = gradient;
            weight.requires_grad = true;
            if (weight.dtype == ScalarType.Float32)
                weight.grad = gradient;
            entries.Add(new Entry(name, weight, trained, gradient));
        }
        var shrinking = entries.Where(e => options.DecayVectors || e.Weight.Dimensions > 1).ToList();
        var others = entries.Except(shrinking).ToList();
        optimizer = torch.optim.AdamW([Group(shrinking, options.WeightDecay, options), Group(others, 0, options)]);
        // The optimizer lists its states group by group.
        entries = [.. shrinking, .. others];
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
        foreach (var entry in entries)
        {
            if (entry.Weight.dtype == ScalarType.Float32)
                continue;
            using var gradient = entry.Weight.grad;
            if (gradient is not null)
                entry.Gradient.add_(gradient);
            entry.Weight.grad = null;
        }
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
        return Names.Reverse().FirstOrDefault(name => !byName[name].Gradient.isfinite().all().item<bool>());
    }

    /// <summary>One step of the optimizer.</summary>
    public void Step(double learningRate)
    {
        using var grad = torch.no_grad();
        foreach (var group in optimizer.ParamGroups)
            group.LearningRate = learningRate;
        optimizer.step();
        Publish();
    }

    /// <summary>Writes weights and moments, fp32, as two safetensors files.</summary>
    public void Save(string weights, string moments)
    {
        Write(weights, entries.Select(e => (e.Name, (Tensor)e.Trained)));
        Write(moments, entries.Zip(this.moments).SelectMany(p => new[] { (First(p.First.Name), p.Second.exp_avg), (Second(p.First.Name), p.Second.exp_avg_sq) }));
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
        foreach (var (entry, state) in entries.Zip(this.moments))
        {
            Fill(entry.Trained, stored, entry.Name);
            Fill(state.exp_avg, storedMoments, First(entry.Name));
            Fill(state.exp_avg_sq, storedMoments, Second(entry.Name));
            state.step = step;
        }
        Publish();
    }

    public void Dispose()
    {
        optimizer.Dispose();
        foreach (var entry in entries)
        {
            entry.Weight.grad = null;
            entry.Trained.Dispose();
            entry.Gradient.Dispose();
        }
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

    private static AdamW.ParamGroup Group(List<Entry> members, double decay, AdamWOptions options) =>
        new([.. members.Select(e => e.Trained)], 0, options.Beta1, options.Beta2, options.Epsilon, decay);

    private void Publish()
    {
        foreach (var entry in entries)
            if (entry.Weight.dtype != ScalarType.Float32)
                entry.Weight.copy_(entry.Trained);
    }

    private sealed record Entry(string Name, Tensor Weight, Parameter Trained, Tensor Gradient);
}

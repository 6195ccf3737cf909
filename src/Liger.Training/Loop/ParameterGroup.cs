using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>
/// Trained parameters of one rate, weight decay and type: a stretch of the flat buffers, which the optimizer sees as a single parameter, so that
/// an update is a handful of operations however many tensors there are. The weights themselves become views: of the fp32 originals where they
/// are fp32, otherwise of a flat buffer of their own type, into which the originals are rounded after every step.
/// </summary>
internal sealed class ParameterGroup : IDisposable
{
    private readonly Tensor gradient;
    private readonly Tensor? rounded;
    private readonly Tensor? roundedGradient;

    /// <param name="members">The parameters with their places in the flat buffers, one behind the other.</param>
    /// <param name="originals">The flat fp32 buffer of weights.</param>
    /// <param name="gradients">The flat fp32 buffer of gradients.</param>
    /// <param name="from">Where the group begins.</param>
    /// <param name="length">How long it is.</param>
    public ParameterGroup(IReadOnlyList<(NamedParameter Parameter, long Offset)> members, Tensor originals, Tensor gradients, long from, long length)
    {
        using var grad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var (first, type) = (members[0].Parameter, members[0].Parameter.Weight.dtype);
        Rate = first.Rate;
        Trained = torch.nn.Parameter(originals.narrow(0, from, length));
        Trained.DetachFromDisposeScope();
        gradient = gradients.narrow(0, from, length).DetachFromDisposeScope();
        Trained.grad = gradient;
        if (type != ScalarType.Float32)
        {
            rounded = torch.zeros(length, type, originals.device).DetachFromDisposeScope();
            roundedGradient = torch.zeros(length, type, originals.device).DetachFromDisposeScope();
        }
        foreach (var (parameter, offset) in members)
        {
            var weight = parameter.Weight;
            Place(originals, offset).copy_(weight);
            var view = rounded is null ? Place(originals, offset) : Place(rounded, offset - from);
            view.copy_(weight);
            weight.requires_grad = true;
            weight.set_(view);
            weight.grad = roundedGradient is null ? Place(gradients, offset) : Place(roundedGradient, offset - from);

            Tensor Place(Tensor flat, long at) => flat.narrow(0, at, weight.numel()).view(weight.shape);
        }
    }

    /// <summary>What the learning rate is multiplied by.</summary>
    public double Rate { get; }

    /// <summary>All of the group as one parameter, fp32.</summary>
    public Parameter Trained { get; }

    /// <summary>Adds gradients that are not fp32 to those that are, and clears them.</summary>
    public void Collect()
    {
        if (roundedGradient is null)
            return;
        gradient.add_(roundedGradient);
        roundedGradient.zero_();
    }

    /// <summary>Rounds the originals into the weights.</summary>
    public void Publish() => rounded?.copy_(Trained);

    public void Dispose()
    {
        Trained.Dispose();
        gradient.Dispose();
        rounded?.Dispose();
        roundedGradient?.Dispose();
    }
}

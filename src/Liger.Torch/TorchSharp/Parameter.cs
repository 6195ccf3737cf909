namespace TorchSharp.Modules;

/// <summary>A tensor that an optimizer trains. Takes over the tensor it is made from, which is disposed by that.</summary>
public class Parameter : torch.Tensor
{
    public Parameter(torch.Tensor data, bool requires_grad = true)
        : base(Taken(data, requires_grad))
    {
    }
}

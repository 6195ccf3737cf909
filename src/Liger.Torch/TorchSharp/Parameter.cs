namespace TorchSharp.Modules;

/// <summary>A tensor that an optimizer trains. Shares the storage of the tensor it is made from.</summary>
public class Parameter : torch.Tensor
{
    public Parameter(torch.Tensor data, bool requires_grad = true)
        : base(ReferenceOf(data.detach()))
    {
        this.requires_grad = requires_grad;
    }
}

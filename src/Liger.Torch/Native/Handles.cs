using TorchSharp;

namespace Liger.Torch.Native;

/// <summary>Lists of tensors as arrays of pointers.</summary>
internal static class Handles
{
    internal static nint[] Of(IEnumerable<torch.Tensor?>? tensors) =>
        tensors is null ? [] : [.. tensors.Select(t => t is null ? 0 : t.Handle)];
}

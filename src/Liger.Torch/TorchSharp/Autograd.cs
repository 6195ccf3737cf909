using Liger.Torch.Native;
using static Liger.Torch.Native.NativeMethods;

namespace TorchSharp;

public static partial class torch
{
    public static partial class autograd
    {
        /// <summary>Accumulates gradients into the leaves (or into <paramref name="inputs"/> alone).</summary>
        public static unsafe void backward(IList<Tensor> tensors, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null)
        {
            nint[] roots = Handles.Of(tensors), grads = Handles.Of(grad_tensors), only = Handles.Of(inputs);
            fixed (nint* r = roots, g = grads, i = only)
                Check(lt_autograd_backward(r, grad_tensors is null ? null : g, roots.Length, retain_graph ?? create_graph ? 1 : 0, create_graph ? 1 : 0, i, only.Length));
            Keep(tensors, grad_tensors, inputs);
        }

        /// <summary>The gradients of <paramref name="inputs"/>, without touching any leaf.</summary>
        public static unsafe IList<Tensor> grad(IList<Tensor> outputs, IList<Tensor> inputs, IList<Tensor>? grad_outputs = null, bool retain_graph = false, bool create_graph = false, bool allow_unused = false)
        {
            nint[] roots = Handles.Of(outputs), grads = Handles.Of(grad_outputs), wanted = Handles.Of(inputs), results = new nint[inputs.Count];
            fixed (nint* r = roots, g = grads, w = wanted, o = results)
                Check(lt_autograd_grad(r, grad_outputs is null ? null : g, roots.Length, w, wanted.Length, retain_graph ? 1 : 0, create_graph ? 1 : 0, allow_unused ? 1 : 0, o));
            Keep(outputs, inputs, grad_outputs);
            return [.. results.Select(r => r == 0 ? null! : new Tensor(r))];
        }

        private static void Keep(params object?[] lists) => GC.KeepAlive(lists);
    }
}

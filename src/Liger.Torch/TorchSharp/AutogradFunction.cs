using System.Runtime.InteropServices;
using Liger.Torch.Native;
using static Liger.Torch.Native.NativeMethods;

namespace TorchSharp;

public static partial class torch
{
    public static partial class autograd
    {
        /// <summary>What forward leaves for backward.</summary>
        public class AutogradContext : IDisposable
        {
            private readonly Dictionary<string, object> data = [];

            internal nint Node { get; set; }

            internal List<Tensor> Saved { get; private set; } = [];

            internal List<Tensor> NonDifferentiable { get; private set; } = [];

            internal int SavedCount { get; set; }

            internal bool[] IsTensor { get; set; } = [];

            internal Func<AutogradContext, List<Tensor>, List<Tensor>> Backward { get; set; } = (_, _) => [];

            public bool MaterializeGrads { get; private set; } = true;

            public void save_for_backward(List<Tensor> tensors) => Saved = tensors;

            public void save_data(string key, object value) => data[key] = value;

            public object get_data(string key) => data[key];

            public void mark_non_differentiable(List<Tensor> tensors) => NonDifferentiable = [.. tensors];

            public void set_materialize_grads(bool value) => MaterializeGrads = value;

            /// <summary>The tensors saved in forward; only inside backward.</summary>
            public List<Tensor> get_saved_variables()
            {
                var result = new List<Tensor>();
                for (var i = 0; i < SavedCount; i++)
                {
                    Check(lt_autograd_saved(Node, i, out var saved));
                    result.Add(saved == 0 ? null! : new Tensor(saved));
                }
                return result;
            }

            public void Dispose() => GC.SuppressFinalize(this);
        }

        /// <summary>An operator with a hand-written gradient. Derive from <see cref="SingleTensorFunction{T}"/> or <see cref="MultiTensorFunction{T}"/>.</summary>
        public abstract class Function<T>
            where T : Function<T>, new()
        {
            private static readonly T Instance = new();

            public abstract string Name { get; }

            internal abstract List<Tensor> ForwardAll(AutogradContext context, object[] arguments);

            internal abstract List<Tensor> BackwardAll(AutogradContext context, List<Tensor> grads);

            internal static List<Tensor> Apply(object[] arguments)
            {
                var inputs = arguments.OfType<Tensor>().Where(t => !t.IsInvalid).ToList();
                var recorded = AutoGradMode.IsEnabled && inputs.Any(t => t.requires_grad);
                var context = new AutogradContext
                {
                    IsTensor = [.. arguments.Select(a => a is Tensor { IsInvalid: false })],
                    Backward = Instance.BackwardAll,
                };
                List<Tensor> outputs;
                using (new AutoGradMode(false))
                    outputs = Instance.ForwardAll(context, arguments);
                if (recorded)
                    GradientNodes.Attach(context, Instance.Name, inputs, outputs);
                return outputs;
            }
        }

        public abstract class SingleTensorFunction<T> : Function<T>
            where T : SingleTensorFunction<T>, new()
        {
            public static Tensor apply(params object[] vars) => Apply(vars)[0];

            public abstract Tensor forward(AutogradContext ctx, params object[] vars);

            public abstract List<Tensor> backward(AutogradContext ctx, Tensor grad_output);

            internal sealed override List<Tensor> ForwardAll(AutogradContext context, object[] arguments) => [forward(context, arguments)];

            internal sealed override List<Tensor> BackwardAll(AutogradContext context, List<Tensor> grads) => backward(context, grads[0]);
        }

        public abstract class MultiTensorFunction<T> : Function<T>
            where T : MultiTensorFunction<T>, new()
        {
            public static List<Tensor> apply(params object[] vars) => Apply(vars);

            public abstract List<Tensor> forward(AutogradContext ctx, params object[] vars);

            public abstract List<Tensor> backward(AutogradContext ctx, List<Tensor> grad_outputs);

            internal sealed override List<Tensor> ForwardAll(AutogradContext context, object[] arguments) => forward(context, arguments);

            internal sealed override List<Tensor> BackwardAll(AutogradContext context, List<Tensor> grads) => backward(context, grads);
        }
    }

    /// <summary>Ties managed functions into libtorch's graph: a native node owns the context and calls back for its gradients.</summary>
    private static unsafe class GradientNodes
    {
        static GradientNodes() => Check(lt_autograd_callbacks(&Backward, &Release));

        internal static void Attach(autograd.AutogradContext context, string name, List<Tensor> inputs, List<Tensor> outputs)
        {
            for (var i = 0; i < outputs.Count; i++)
            {
                // An input handed back as it is would become its own ancestor.
                if (inputs.Any(input => ReferenceEquals(input, outputs[i])))
                    outputs[i] = outputs[i].alias().view_as(outputs[i]);
            }
            nint[] given = Handles.Of(inputs), made = Handles.Of(outputs), saved = Handles.Of(context.Saved);
            int[] differentiable = [.. outputs.Select(o => context.NonDifferentiable.Contains(o) ? 0 : 1)];
            context.SavedCount = saved.Length;
            var handle = GCHandle.ToIntPtr(GCHandle.Alloc(context));
            fixed (nint* i = given, o = made, s = saved)
            fixed (int* d = differentiable)
                Check(lt_autograd_attach(handle, context.MaterializeGrads ? 1 : 0, name, i, given.Length, o, d, made.Length, s, saved.Length));
            GC.KeepAlive(inputs);
            GC.KeepAlive(outputs);
            context.save_for_backward([]);
        }

        [UnmanagedCallersOnly]
        private static int Backward(nint context, nint node, nint* grads, int gradCount, nint* results, int resultCount)
        {
            try
            {
                var self = (autograd.AutogradContext)GCHandle.FromIntPtr(context).Target!;
                self.Node = node;
                using var scope = NewDisposeScope();
                using var mode = new AutoGradMode(false);
                var given = new List<Tensor>();
                for (var i = 0; i < gradCount; i++)
                    given.Add(grads[i] == 0 ? null! : new Tensor(grads[i]));
                var made = self.Backward(self, given);
                if (made.Count != self.IsTensor.Length)
                    throw new InvalidOperationException($"expected a gradient or null for each of {self.IsTensor.Length} arguments, got {made.Count}");
                var next = 0;
                for (var i = 0; i < made.Count; i++)
                {
                    if (!self.IsTensor[i])
                        continue;
                    var result = made[i];
                    nint reference = 0;
                    if (result is not null)
                        Check(lt_tensor_alias(result.Handle, out reference));
                    results[next++] = reference;
                }
                return 0;
            }
            catch (Exception e)
            {
                lt_autograd_fail(e.Message);
                return 1;
            }
        }

        [UnmanagedCallersOnly]
        private static void Release(nint context) => GCHandle.FromIntPtr(context).Free();
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Liger.Torch.Native;

/// <summary>The C ABI of src/native/liger_torch.h, function by function, in its order.</summary>
internal static unsafe partial class NativeMethods
{
    internal const string Library = "liger_torch";

    /// <summary>The ABI this assembly was written for; raised together with LT_ABI_VERSION.</summary>
    internal const int AbiVersion = 2;

    static NativeMethods() => NativeLoader.Prepare();

    // library.cpp
    [LibraryImport(Library)] internal static partial int lt_abi_version();
    [LibraryImport(Library)] internal static partial byte* lt_last_error();
    [LibraryImport(Library)] internal static partial byte* lt_torch_version();
    [LibraryImport(Library)] internal static partial byte* lt_build_config();
    [LibraryImport(Library)] internal static partial int lt_set_num_threads(int threads);
    [LibraryImport(Library)] internal static partial int lt_get_num_threads(out int threads);

    // tensor.cpp
    [LibraryImport(Library)] internal static partial int lt_tensor_release(nint tensor);
    [LibraryImport(Library)] internal static partial int lt_tensor_alias(nint tensor, out nint result);
    [LibraryImport(Library)] internal static partial int lt_tensor_dim(nint tensor, out long dim);
    [LibraryImport(Library)] internal static partial int lt_tensor_shape(nint tensor, long* sizes, long* strides);
    [LibraryImport(Library)]
    internal static partial int lt_tensor_info(nint tensor, out long numel, out long elementSize, out int dtype,
        out int deviceType, out int deviceIndex, out int flags);
    [LibraryImport(Library)] internal static partial int lt_tensor_data(nint tensor, out nint data);
    [LibraryImport(Library)] internal static partial int lt_tensor_requires_grad(nint tensor, int value);
    [LibraryImport(Library)] internal static partial int lt_tensor_retain_grad(nint tensor);
    [LibraryImport(Library)] internal static partial int lt_tensor_grad(nint tensor, out nint result);
    [LibraryImport(Library)] internal static partial int lt_tensor_set_grad(nint tensor, nint grad);

    // dispatch.cpp
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int lt_op_find(string name, string overload, out nint result);
    [LibraryImport(Library)]
    internal static partial int lt_op_call(nint op, NativeValue* arguments, int count, NativeValue* results,
        int capacity, out int resultCount);
    [LibraryImport(Library)]
    internal static partial int lt_generator_create(ulong seed, int deviceType, int deviceIndex, out nint result);
    [LibraryImport(Library)] internal static partial int lt_generator_release(nint generator);
    [LibraryImport(Library)] internal static partial int lt_generator_seed(nint generator, ulong seed);
    [LibraryImport(Library)] internal static partial int lt_generator_get_state(nint generator, out nint result);
    [LibraryImport(Library)] internal static partial int lt_generator_set_state(nint generator, nint state);
    [LibraryImport(Library)] internal static partial int lt_manual_seed(ulong seed);

    // autograd.cpp
    [LibraryImport(Library)]
    internal static partial int lt_autograd_callbacks(
        delegate* unmanaged<nint, nint, nint*, int, nint*, int, int> backward, delegate* unmanaged<nint, void> release);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int lt_autograd_attach(nint context, int materialize, string name, nint* inputs, int inputCount,
        nint* outputs, int* differentiable, int outputCount, nint* saved, int savedCount);
    [LibraryImport(Library)] internal static partial int lt_autograd_saved(nint node, int index, out nint result);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void lt_autograd_fail(string message);
    [LibraryImport(Library)]
    internal static partial int lt_autograd_backward(nint* tensors, nint* grads, int count, int retainGraph,
        int createGraph, nint* inputs, int inputCount);
    [LibraryImport(Library)]
    internal static partial int lt_autograd_grad(nint* outputs, nint* grads, int count, nint* inputs, int inputCount,
        int retainGraph, int createGraph, int allowUnused, nint* results);
    [LibraryImport(Library)] internal static partial int lt_grad_mode(out int enabled);
    [LibraryImport(Library)] internal static partial int lt_set_grad_mode(int enabled);

    // device.cpp
    [LibraryImport(Library)] internal static partial int lt_cuda_available(out int available);
    [LibraryImport(Library)] internal static partial int lt_cuda_count(out int count);
    [LibraryImport(Library)] internal static partial int lt_cuda_synchronize(int device);
    [LibraryImport(Library)]
    internal static partial int lt_cuda_memory(int device, out long allocated, out long peak, out long reserved);
    [LibraryImport(Library)] internal static partial int lt_cuda_reset_peak(int device);
    [LibraryImport(Library)] internal static partial int lt_cuda_empty_cache();
    [LibraryImport(Library)] internal static partial int lt_allow_tf32(int allow);
    [LibraryImport(Library)] internal static partial int lt_cuda_stream(out nint stream);

    // graph.cpp
    [LibraryImport(Library)] internal static partial int lt_graph_begin(out nint result);
    [LibraryImport(Library)] internal static partial int lt_graph_end(nint graph);
    [LibraryImport(Library)] internal static partial int lt_graph_replay(nint graph);
    [LibraryImport(Library)] internal static partial int lt_graph_release(nint graph);

    /// <summary>Throws the native side's message when a call reports failure.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Check(int status)
    {
        if (status != 0)
            Throw();
    }

    private static void Throw() => throw new ExternalException(Text(lt_last_error()));

    internal static string Text(byte* utf8) => Marshal.PtrToStringUTF8((nint)utf8) ?? "";
}

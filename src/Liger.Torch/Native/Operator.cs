using System.Buffers;
using System.Text;
using TorchSharp;

namespace Liger.Torch.Native;

/// <summary>
/// One ATen operator, called by its schema through libtorch's dispatcher. Looked up at its first call, so that an operator
/// which only one generation of libtorch has fails where it is used and not before.
/// </summary>
internal sealed unsafe class Operator(string name, string overload = "")
{
    private const int MostResults = 4;
    private nint handle;

    /// <summary>Calls an operator that returns one tensor. Trailing arguments that are left out take the schema's defaults.</summary>
    internal torch.Tensor Call(params ReadOnlySpan<Value> arguments)
    {
        var result = new NativeValue();
        Invoke(arguments, &result, 1);
        return Wrap(result);
    }

    /// <summary>Calls an operator that returns two tensors.</summary>
    internal (torch.Tensor, torch.Tensor) CallPair(params ReadOnlySpan<Value> arguments)
    {
        var results = stackalloc NativeValue[2];
        Invoke(arguments, results, 2);
        return (Wrap(results[0]), Wrap(results[1]));
    }

    /// <summary>Calls an operator that returns a list of at most <paramref name="most"/> tensors.</summary>
    internal torch.Tensor[] CallList(long most, params ReadOnlySpan<Value> arguments)
    {
        var results = new NativeValue[Math.Max(most, MostResults)];
        int count;
        fixed (NativeValue* pointer = results)
            count = Invoke(arguments, pointer, results.Length);
        var tensors = new torch.Tensor[count];
        for (var i = 0; i < count; i++)
            tensors[i] = Wrap(results[i]);
        return tensors;
    }

    /// <summary>Calls an operator that returns a number or a truth value.</summary>
    internal NativeValue CallValue(params ReadOnlySpan<Value> arguments)
    {
        var result = new NativeValue();
        Invoke(arguments, &result, 1);
        return result;
    }

    /// <summary>Calls an operator that works in place, and drops the alias that it returns.</summary>
    internal torch.Tensor InPlace(torch.Tensor self, params ReadOnlySpan<Value> rest)
    {
        Span<Value> arguments = [default, default, default, default, default, default, default, default];
        arguments[0] = self;
        rest.CopyTo(arguments[1..]);
        Invoke(arguments[..(rest.Length + 1)], null, 0);
        return self;
    }

    private static torch.Tensor Wrap(in NativeValue value) => new((nint)value.Pointer);

    private int Invoke(ReadOnlySpan<Value> arguments, NativeValue* results, int capacity)
    {
        // Two threads may both look it up; neither may see what the other has not finished.
        var found = Volatile.Read(ref handle);
        if (found == 0)
        {
            NativeMethods.Check(NativeMethods.lt_op_find("aten::" + name, overload, out found));
            Volatile.Write(ref handle, found);
        }
        var natives = stackalloc NativeValue[arguments.Length];
        var words = 0;
        foreach (ref readonly var argument in arguments)
            words += Words(argument);
        long[]? rented = null;
        Span<long> buffer = words <= 64 ? stackalloc long[64] : rented = ArrayPool<long>.Shared.Rent(words);
        try
        {
            fixed (long* start = buffer)
            {
                var next = start;
                for (var i = 0; i < arguments.Length; i++)
                    natives[i] = Native(arguments[i], ref next);
                NativeMethods.Check(NativeMethods.lt_op_call(found, natives, arguments.Length, results, capacity, out var count));
                foreach (ref readonly var argument in arguments)
                    GC.KeepAlive(argument.Reference);
                return count;
            }
        }
        finally
        {
            if (rented is not null)
                ArrayPool<long>.Shared.Return(rented);
        }
    }

    /// <summary>How many 8-byte words of scratch space an argument needs.</summary>
    private static int Words(in Value value) => value.Reference switch
    {
        long[] list => list.Length,
        IReadOnlyCollection<torch.Tensor> list => list.Count,
        string text => (Encoding.UTF8.GetMaxByteCount(text.Length) + 7) / 8,
        _ => 0,
    };

    private static NativeValue Native(in Value value, ref long* next)
    {
        var native = new NativeValue { Kind = value.Kind, Integer = value.Integer, Real = value.Real };
        switch (value.Reference)
        {
            case torch.Tensor tensor:
                native.Pointer = (void*)tensor.Handle;
                break;
            case torch.Generator generator:
                native.Pointer = (void*)generator.Handle;
                break;
            case long[] list:
                list.CopyTo(new Span<long>(next, list.Length));
                native.Pointer = next;
                native.Integer = list.Length;
                next += list.Length;
                break;
            case IReadOnlyList<torch.Tensor> list:
                native.Pointer = next;
                native.Integer = list.Count;
                for (var i = 0; i < list.Count; i++)
                    next[i] = list[i] is { } item ? item.Handle : 0;
                next += list.Count;
                break;
            case string text:
                var bytes = Encoding.UTF8.GetBytes(text, new Span<byte>(next, Encoding.UTF8.GetMaxByteCount(text.Length)));
                native.Pointer = next;
                native.Integer = bytes;
                next += Words(value);
                break;
        }
        return native;
    }
}

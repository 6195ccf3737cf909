using System.Runtime.InteropServices;
using TorchSharp;

namespace Liger.Torch.Native;

/// <summary>The tag of a value; the native twin is lt_kind.</summary>
internal enum ValueKind
{
    None = 0,
    Tensor = 1,
    Int = 2,
    Double = 3,
    Bool = 4,
    IntList = 5,
    TensorList = 6,
    Device = 7,
    String = 8,
    Generator = 9,
}

/// <summary>A value as it crosses the border; the native twin is lt_value.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeValue
{
    internal ValueKind Kind;
    internal int Reserved;
    internal long Integer;
    internal double Real;
    internal void* Pointer;
}

/// <summary>One argument of an operator. Null tensors, lists, numbers and devices become None.</summary>
internal readonly struct Value
{
    private Value(ValueKind kind, object? reference = null, long integer = 0, double real = 0)
    {
        Kind = kind;
        Reference = reference;
        Integer = integer;
        Real = real;
    }

    internal ValueKind Kind { get; }
    internal object? Reference { get; }
    internal long Integer { get; }
    internal double Real { get; }

    /// <summary>An absent optional argument.</summary>
    internal static Value None => default;

    internal static Value List(IReadOnlyList<torch.Tensor> tensors) => new(ValueKind.TensorList, tensors);
    internal static Value List(IReadOnlyList<torch.Tensor?> tensors, bool optional) => new(ValueKind.TensorList, tensors);

    public static implicit operator Value(torch.Tensor? tensor) => tensor is null ? default : new(ValueKind.Tensor, tensor);
    public static implicit operator Value(long value) => new(ValueKind.Int, integer: value);
    public static implicit operator Value(long? value) => value is { } v ? v : default(Value);
    public static implicit operator Value(double value) => new(ValueKind.Double, real: value);
    public static implicit operator Value(bool value) => new(ValueKind.Bool, integer: value ? 1 : 0);
    public static implicit operator Value(long[] values) => new(ValueKind.IntList, values);
    public static implicit operator Value(string value) => new(ValueKind.String, value);
    public static implicit operator Value(torch.ScalarType type) => new(ValueKind.Int, integer: (long)type);
    public static implicit operator Value(torch.ScalarType? type) => type is { } t ? t : default(Value);
    public static implicit operator Value(torch.Generator? generator) => generator is null ? default : new(ValueKind.Generator, generator);
    public static implicit operator Value(torch.Device? device) =>
        device is null ? default : new(ValueKind.Device, integer: ((long)device.type << 32) | (uint)device.index);

    public static implicit operator Value(Scalar? scalar) => scalar switch
    {
        null => default,
        { IsInteger: true } => new(ValueKind.Int, integer: scalar.Integer),
        { IsBoolean: true } => new(ValueKind.Bool, integer: scalar.Integer),
        _ => new(ValueKind.Double, real: scalar.Real),
    };
}

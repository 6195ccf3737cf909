namespace TorchSharp;

/// <summary>A number of any kind, as operators take it. A plain value here: nothing to dispose.</summary>
public sealed class Scalar : IDisposable
{
    private Scalar(torch.ScalarType type, long integer, double real)
    {
        Type = type;
        Integer = integer;
        Real = real;
    }

    public torch.ScalarType Type { get; }

    internal bool IsInteger => torch.is_integral(Type) && !IsBoolean;

    internal bool IsBoolean => Type == torch.ScalarType.Bool;

    internal long Integer { get; }

    internal double Real { get; }

    public static implicit operator Scalar(byte value) => new(torch.ScalarType.Byte, value, value);
    public static implicit operator Scalar(int value) => new(torch.ScalarType.Int32, value, value);
    public static implicit operator Scalar(long value) => new(torch.ScalarType.Int64, value, value);
    public static implicit operator Scalar(float value) => new(torch.ScalarType.Float32, (long)value, value);
    public static implicit operator Scalar(double value) => new(torch.ScalarType.Float64, (long)value, value);
    public static implicit operator Scalar(bool value) => new(torch.ScalarType.Bool, value ? 1 : 0, value ? 1 : 0);

    public void Dispose()
    {
    }

    internal static Scalar OfInteger(long value) => value;

    internal static Scalar OfReal(double value) => value;
}

public static class ScalarExtensionMethods
{
    public static Scalar ToScalar(this int value) => value;
    public static Scalar ToScalar(this long value) => value;
    public static Scalar ToScalar(this float value) => value;
    public static Scalar ToScalar(this double value) => value;
    public static float ToSingle(this Scalar value) => (float)value.Real;
    public static double ToDouble(this Scalar value) => value.Real;
    public static int ToInt32(this Scalar value) => checked((int)value.ToInt64());
    public static long ToInt64(this Scalar value) => torch.is_integral(value.Type) ? value.Integer : (long)value.Real;
    public static bool ToBoolean(this Scalar value) => value.Integer != 0;
}

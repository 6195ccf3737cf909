using static TorchSharp.torch;

namespace Liger.Checkpoints;

/// <summary>The element types of the safetensors format, under the names it gives them.</summary>
public static class SafeTensorsDtype
{
    private static readonly (string Name, ScalarType Type, int Size)[] Known =
    [
        ("F64", ScalarType.Float64, 8), ("F32", ScalarType.Float32, 4), ("F16", ScalarType.Float16, 2), ("BF16", ScalarType.BFloat16, 2),
        ("I64", ScalarType.Int64, 8), ("I32", ScalarType.Int32, 4), ("I16", ScalarType.Int16, 2), ("I8", ScalarType.Int8, 1),
        ("U8", ScalarType.Byte, 1), ("BOOL", ScalarType.Bool, 1),
    ];

    private static readonly string[] Unsupported =
        ["F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F6_E2M3", "F6_E3M2", "F4", "U16", "U32", "U64", "C64"];

    /// <summary>The bytes of one element.</summary>
    /// <param name="dtype">An element type that the format can hold.</param>
    /// <exception cref="CheckpointException">The format has no name for it.</exception>
    public static int Size(ScalarType dtype) => Entry(dtype).Size;

    /// <summary>The format's name of an element type, such as "BF16".</summary>
    /// <param name="dtype">An element type that the format can hold.</param>
    /// <exception cref="CheckpointException">The format has no name for it.</exception>
    public static string Name(ScalarType dtype) => Entry(dtype).Name;

    /// <summary>The names that can be read, for messages.</summary>
    internal static string Names { get; } = string.Join(", ", Known.Select(known => known.Name));

    /// <summary>Finds the element type of a name.</summary>
    internal static bool TryParse(string name, out ScalarType dtype)
    {
        foreach (var known in Known)
            if (known.Name == name)
            {
                dtype = known.Type;
                return true;
            }
        dtype = default;
        return false;
    }

    /// <summary>Whether the format knows the name although we cannot read it.</summary>
    internal static bool IsKnownButUnsupported(string name) => Unsupported.Contains(name);

    private static (string Name, ScalarType Type, int Size) Entry(ScalarType dtype)
    {
        foreach (var known in Known)
            if (known.Type == dtype)
                return known;
        throw new CheckpointException($"safetensors cannot hold {dtype} — expected one of {Names}. Convert the tensor first.");
    }
}

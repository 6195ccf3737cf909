using System.Buffers.Binary;

namespace Liger.Text;

/// <summary>Walks the fields of one protobuf message; every length is checked against what is there.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> data, string where)
{
    private const int Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5;

    private ReadOnlySpan<byte> rest = data;
    private readonly string where = where;

    /// <summary>The field's number.</summary>
    public int Field { get; private set; }

    /// <summary>The value of a number or flag; 0 for other fields.</summary>
    public ulong Number { get; private set; }

    /// <summary>The content of a string, bytes or message field, or the raw bytes of a fixed-size one.</summary>
    public ReadOnlySpan<byte> Content { get; private set; }

    /// <summary>The value of a 32-bit float field.</summary>
    public readonly float Float => Content.Length == 4 ? BinaryPrimitives.ReadSingleLittleEndian(Content) : throw Damaged($"field {Field} is no float");

    /// <summary>Goes to the next field; false at the end.</summary>
    public bool Next()
    {
        if (rest.Length == 0)
            return false;
        var key = ReadVarint();
        Field = (int)Math.Min(key >> 3, int.MaxValue);
        Number = 0;
        Content = default;
        switch ((int)(key & 7))
        {
            case Varint:
                Number = ReadVarint();
                break;
            case Fixed64:
                Content = Take(8);
                break;
            case Delimited:
                Content = Take(ReadVarint());
                break;
            case Fixed32:
                Content = Take(4);
                break;
            default:
                throw Damaged($"field {Field} has the unknown wire type {key & 7}");
        }
        return true;
    }

    private ulong ReadVarint()
    {
        var value = 0UL;
        for (var i = 0; i < 10 && i < rest.Length; i++)
        {
            value |= (ulong)(rest[i] & 0x7F) << (7 * i);
            if (rest[i] < 0x80)
            {
                rest = rest[(i + 1)..];
                return value;
            }
        }
        throw Damaged("a number is cut off");
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)rest.Length)
            throw Damaged($"field {Field} says {length} bytes, but {rest.Length} are left");
        var content = rest[..(int)length];
        rest = rest[(int)length..];
        return content;
    }

    private readonly TextException Damaged(string problem) => new($"{where}: {problem} — expected a SentencePiece model. The file is damaged or of another kind.");
}

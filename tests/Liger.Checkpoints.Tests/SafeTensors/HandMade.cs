using System.Buffers.Binary;
using System.Text;

namespace Liger.Checkpoints.Tests;

/// <summary>Safetensors files spelled out byte by byte, independent of our writer.</summary>
internal static class HandMade
{
    /// <summary>A file of this header text and this many data bytes, counting up from 0.</summary>
    public static byte[] File(string header, int dataLength, ulong? claimedLength = null)
    {
        var text = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + text.Length + dataLength];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, claimedLength ?? (ulong)text.Length);
        text.CopyTo(bytes, 8);
        for (var i = 0; i < dataLength; i++)
            bytes[8 + text.Length + i] = (byte)i;
        return bytes;
    }

    /// <summary>A valid file of two tensors and metadata.</summary>
    public static byte[] Valid() => File(
        """{"__metadata__":{"format":"pt"},"a.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"BF16","shape":[],"data_offsets":[24,26]}}""", 26);

    /// <summary>Writes bytes to a file in the folder and opens it.</summary>
    public static SafeTensorsFile Open(Liger.Testing.TemporaryFolder folder, byte[] bytes)
    {
        System.IO.File.WriteAllBytes(folder["t.safetensors"], bytes);
        return SafeTensorsFile.Open(folder["t.safetensors"]);
    }
}

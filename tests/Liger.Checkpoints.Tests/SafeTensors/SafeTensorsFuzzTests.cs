using Liger.Testing;

namespace Liger.Checkpoints.Tests;

/// <summary>A damaged file is either still valid or the typed error: no other exception, no crash, no large allocation.</summary>
public sealed class SafeTensorsFuzzTests : IDisposable
{
    private const long MostAllocated = 4 << 20;
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Every_truncation_is_an_error()
    {
        var valid = HandMade.Valid();
        for (var length = 0; length < valid.Length; length++)
            Assert.False(Opens(valid[..length]), $"cut to {length} bytes it still opened");
    }

    [Fact]
    public void Every_flipped_bit_and_replaced_byte_of_the_header_is_survived()
    {
        var valid = HandMade.Valid();
        var header = valid.Length - 26;
        byte[] replacements = [0, (byte)'"', (byte)'{', (byte)'}', (byte)'[', (byte)'9', (byte)'-', (byte)'\\', 0x80, 0xff];
        for (var at = 0; at < header; at++)
        {
            for (var bit = 0; bit < 8; bit++)
                Parses(With(valid, at, (byte)(valid[at] ^ (1 << bit))));
            foreach (var replacement in replacements)
                Parses(With(valid, at, replacement));
        }
    }

    [Fact]
    public void Random_damage_is_survived()
    {
        var valid = HandMade.Valid();
        var random = new Random(1);
        for (var round = 0; round < 3000; round++)
        {
            var bytes = (byte[])valid.Clone();
            for (var change = random.Next(1, 6); change > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(32, 127);
            Parses(random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes);
        }
    }

    private static byte[] With(byte[] bytes, int at, byte value)
    {
        var changed = (byte[])bytes.Clone();
        changed[at] = value;
        return changed;
    }

    private bool Opens(byte[] bytes) => Survives(() =>
    {
        using var file = HandMade.Open(folder, bytes);
        foreach (var name in file.Names)
            _ = file.Bytes(name).ToArray();
    });

    /// <summary>Without the file underneath, for the thousands of cases.</summary>
    private static void Parses(byte[] bytes) => Survives(() => SafeTensorsHeader.Parse(bytes, bytes.Length, "f"));

    private static bool Survives(Action read)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            read();
            return true;
        }
        catch (CheckpointException error)
        {
            Assert.NotNull(error.File);
            return false;
        }
        finally
        {
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostAllocated);
        }
    }
}

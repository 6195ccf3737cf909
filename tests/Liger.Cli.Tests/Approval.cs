using System.Text;
using Liger.Testing;

namespace Liger.Cli.Tests;

/// <summary>Compares a text with a reviewed file under Approved/.</summary>
internal static class Approval
{
    private static string Folder => Path.Combine(Repository.Root, "tests", "Liger.Cli.Tests", "Approved");

    /// <summary>Fails with the difference and the command that accepts it, unless the text is the approved one.</summary>
    internal static void Same(string name, string actual)
    {
        var approved = Path.Combine(Folder, name + ".txt");
        var expected = File.Exists(approved) ? File.ReadAllText(approved) : "";
        actual = Tidy(actual);
        if (expected == actual) return;
        var received = Path.Combine(Path.GetTempPath(), $"liger-received-{name}.txt");
        File.WriteAllText(received, actual);
        Assert.Fail($"{name}.txt differs from what was reviewed:\n{Difference(expected, actual)}\nIf the new text is right: cp {received} {approved}");
    }

    /// <summary>The names of all approved texts.</summary>
    internal static IEnumerable<string> Names => Directory.GetFiles(Folder, "*.txt").Select(f => Path.GetFileNameWithoutExtension(f));

    private static string Tidy(string text) => string.Join('\n', text.Split('\n').Select(line => line.TrimEnd())).TrimEnd() + "\n";

    private static string Difference(string expected, string actual)
    {
        string[] old = expected.Split('\n'), now = actual.Split('\n');
        var text = new StringBuilder();
        foreach (var line in old.Except(now)) text.Append("- ").AppendLine(line);
        foreach (var line in now.Except(old)) text.Append("+ ").AppendLine(line);
        return text.Length == 0 ? "(the same lines in another order)" : text.ToString();
    }
}

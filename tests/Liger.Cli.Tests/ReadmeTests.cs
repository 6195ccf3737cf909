using Liger.Testing;

namespace Liger.Cli.Tests;

/// <summary>The README's commands, run as they are written.</summary>
public sealed class ReadmeTests
{
    // The README's own paths: what it writes goes to a folder of the test, what only its reader has is not there.
    private const string Written = "build/readme";
    private const string ReadersOwn = "/data/";

    private static readonly string[] Commands = [.. File.ReadAllLines(Path.Combine(Repository.Root, "README.md"))
        .SkipWhile(line => !line.StartsWith("## The same job", StringComparison.Ordinal))
        .Where(line => line.StartsWith("tools/liger ", StringComparison.Ordinal))];

    [Fact]
    public void Commands_on_the_built_in_model_do_what_they_say()
    {
        using var folder = new TemporaryFolder();
        var run = Commands.Where(command => !command.Contains(ReadersOwn)).ToArray();
        Assert.True(run.Length >= 6);
        foreach (var command in run)
        {
            var result = CliRun.Of([.. Words(command).Select(word => Here(word, folder.Path))]);
            Assert.True(result.ExitCode == ExitCode.Done, $"{command}\n{result.Error}");
            Assert.NotEmpty(result.Output);
        }
    }

    [Fact]
    public void Commands_on_the_readers_model_fail_only_for_what_is_not_there()
    {
        foreach (var command in Commands.Where(command => command.Contains(ReadersOwn)))
        {
            var result = CliRun.Of([.. Words(command).Select(word => Here(word, Written))]);
            Assert.NotEqual(ExitCode.Done, result.ExitCode);
            Assert.Contains(ReadersOwn, result.Output + result.Error);
        }
    }

    [Theory]
    [InlineData("tools/demo")]
    [InlineData("tools/check")]
    [InlineData("tools/liger")]
    public void The_tools_it_names_can_be_run(string tool)
    {
        var file = new FileInfo(Path.Combine(Repository.Root, tool));
        Assert.True(file.Exists && file.UnixFileMode.HasFlag(UnixFileMode.UserExecute), tool);
    }

    /// <summary>A word of the README as a test may use it: its own folder for what is written, the repository for what is read.</summary>
    private static string Here(string word, string folder)
    {
        var (key, value) = word.Split('=', 2) is [var left, var right] ? (left + "=", right) : ("", word);
        if (value.StartsWith(Written, StringComparison.Ordinal))
            return key + folder + value[Written.Length..];
        var path = Path.Combine(Repository.Root, value);
        return key + (Path.Exists(path) && value.Contains('/') ? path : value);
    }

    /// <summary>The words after "tools/liger", double quotes taken off.</summary>
    private static IEnumerable<string> Words(string command) => command.Split('"')
        .SelectMany((part, i) => i % 2 == 1 ? [part] : part.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Skip(1);
}

using System.Text;

namespace Liger.Cli.Tests;

/// <summary>One run of the command line inside the test process, and what it said.</summary>
internal sealed record CliRun(ExitCode ExitCode, string Output, string Error)
{
    internal static CliRun Of(params string[] arguments) => WhileWatching(_ => { }, CancellationToken.None, arguments);

    /// <summary>Runs, and shows every line of standard error as it comes.</summary>
    internal static CliRun WhileWatching(Action<string> watch, CancellationToken stop, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new WatchedWriter(watch);
        var exitCode = new CommandLine(new Terminal(output, error, live: false), stop).Run(arguments);
        return new CliRun(exitCode, output.ToString(), error.ToString());
    }

    private sealed class WatchedWriter(Action<string> watch) : StringWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            watch(value ?? "");
        }
    }
}

namespace Liger.Cli.Tests;

/// <summary>One run of the command line inside the test process, and what it said.</summary>
internal sealed record CliRun(ExitCode ExitCode, string Output, string Error)
{
    internal static CliRun Of(params string[] arguments) => Of(CancellationToken.None, arguments);

    internal static CliRun Of(CancellationToken stop, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = new CommandLine(new Terminal(output, error, live: false), stop).Run(arguments);
        return new CliRun(exitCode, output.ToString(), error.ToString());
    }
}

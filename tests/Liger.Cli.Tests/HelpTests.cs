namespace Liger.Cli.Tests;

public sealed class HelpTests
{
    public static TheoryData<string> Verbs => [.. VerbNames];

    private static string[] VerbNames
    {
        get
        {
            using var nowhere = new StringWriter();
            var root = new CommandLine(new Terminal(nowhere, nowhere, live: false), CancellationToken.None).Root();
            return [.. root.Subcommands.SelectMany(c => c.Subcommands.Count == 0 ? [c.Name] : c.Subcommands.Select(s => $"{c.Name} {s.Name}").Prepend(c.Name))];
        }
    }

    [Fact]
    public void The_help_is_the_reviewed_one()
    {
        var run = CliRun.Of("--help");
        Assert.Equal(ExitCode.Done, run.ExitCode);
        Approval.Same("help", run.Output);
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void The_help_of_every_verb_is_the_reviewed_one(string verb)
    {
        var run = CliRun.Of([.. verb.Split(' '), "--help"]);
        Assert.Equal(ExitCode.Done, run.ExitCode);
        Approval.Same("help-" + verb.Replace(' ', '-'), run.Output);
    }

    [Fact]
    public void No_approved_help_is_left_over_from_a_verb_that_is_gone() =>
        Assert.Equal(
            VerbNames.Select(verb => "help-" + verb.Replace(' ', '-')).Append("help").Order(),
            Approval.Names.Where(n => n.StartsWith("help", StringComparison.Ordinal)).Order());
}

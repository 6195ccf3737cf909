using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Liger.Cli.Verbs;

namespace Liger.Cli;

/// <summary>The command line: reads the arguments, runs the verb, and turns every failure into one message and an exit code.</summary>
/// <param name="terminal">Takes results and messages.</param>
/// <param name="stop">Cancelled when the user asks to stop.</param>
public sealed class CommandLine(Terminal terminal, CancellationToken stop)
{
    private readonly Option<bool> debug = new("--debug") { Description = "Show where an error comes from.", Recursive = true };

    /// <summary>Runs one command.</summary>
    /// <param name="arguments">What the user typed after "liger".</param>
    /// <returns>What the process should end with.</returns>
    public ExitCode Run(IReadOnlyList<string> arguments)
    {
        var parsed = Root().Parse(arguments);
        if (parsed.Action is ParseErrorAction || (parsed.Errors.Count > 0 && parsed.Action is not HelpAction))
            return Refuse(parsed);
        try
        {
            return (ExitCode)parsed.Invoke(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = terminal.Output,
                Error = terminal.Error,
            });
        }
        catch (Exception error)
        {
            var failure = Failure.From(error);
            terminal.Say(failure.Message);
            if (parsed.GetValue(debug)) terminal.Error.WriteLine(failure);
            return failure.ExitCode;
        }
    }

    /// <summary>All verbs with their options.</summary>
    public Command Root()
    {
        var verbs = new VerbContext(terminal, stop);
        var root = new Command("liger", "Linearizes pretrained language models: replaces their attention by recurrent forms and restores them with LoRA.")
        {
            new HelpOption { Action = new HelpAction { MaxWidth = Terminal.DefaultWidth } },
            new VersionOption(),
            debug,
            RunVerb.Create(verbs),
            ConvertVerb.Create(verbs),
            FinetuneVerb.Create(verbs),
            EvalVerb.Create(verbs),
            ScoreboardVerb.Create(verbs),
            ExportVerb.Create(verbs),
            GenerateVerb.Create(verbs),
            DataVerb.Create(verbs),
            ValidateVerb.Create(verbs),
            ListVerb.Create(verbs),
            InspectVerb.Create(verbs),
            DoctorVerb.Create(verbs),
        };
        root.Options[0].Recursive = true;
        return root;
    }

    private ExitCode Refuse(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var name = command.Name == "liger" ? "liger" : $"liger {command.Name}";
        if (parsed.UnmatchedTokens.Count > 0) terminal.Say(Misspelt.Word(command, parsed.UnmatchedTokens[0]));
        else
            foreach (var error in parsed.Errors) terminal.Say(error.Message);
        terminal.Say($"'{name} --help' shows what is known.");
        return ExitCode.WrongUse;
    }
}

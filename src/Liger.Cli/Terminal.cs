namespace Liger.Cli;

/// <summary>Where results and messages go: results to standard output, everything else to standard error.</summary>
public sealed class Terminal
{
    /// <summary>The width of tables and help where the terminal's own is not known, in characters.</summary>
    public const int DefaultWidth = 100;

    /// <summary>A terminal over two writers.</summary>
    /// <param name="output">Takes results.</param>
    /// <param name="error">Takes progress and messages.</param>
    /// <param name="live">Whether a person looks at <paramref name="error"/>, so that a line may be drawn anew.</param>
    public Terminal(TextWriter output, TextWriter error, bool live) => (Output, Error, IsLive) = (output, error, live);

    /// <summary>Takes results.</summary>
    public TextWriter Output { get; }

    /// <summary>Takes progress and messages.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether a person looks at <see cref="Error"/>, so that a line may be drawn anew.</summary>
    public bool IsLive { get; }

    /// <summary>The terminal of this process.</summary>
    public static Terminal OfProcess() => new(Console.Out, Console.Error, live: !Console.IsErrorRedirected);

    /// <summary>Writes one message line to <see cref="Error"/>.</summary>
    public void Say(string message) => Error.WriteLine("liger: " + message);
}

namespace Liger;

/// <summary>The one exception that a user of the steps must catch: what is wrong, and the exit code that says whose turn it is.</summary>
/// <remarks>Errors of the projects below are wrapped once (<see cref="Failure"/>) and kept as <see cref="Exception.InnerException"/>.</remarks>
public sealed class LigerException : Exception
{
    /// <summary>Says what is wrong.</summary>
    /// <param name="message">"where: what is wrong — expected X, got Y. What to do."</param>
    /// <param name="exitCode">What the process should end with.</param>
    /// <param name="inner">The error that led here, if another one did.</param>
    public LigerException(string message, ExitCode exitCode, Exception? inner = null) : base(message, inner) => ExitCode = exitCode;

    /// <summary>What the process should end with.</summary>
    public ExitCode ExitCode { get; }
}

using System.Runtime.InteropServices;
using Liger.Checkpoints;
using Liger.Evaluation;
using Liger.Models;
using Liger.Ops;
using Liger.Text;
using Liger.Training;

namespace Liger;

/// <summary>Turns whatever the projects below throw into the one <see cref="LigerException"/>, with the exit code it deserves.</summary>
public static class Failure
{
    // errno values of Linux, which .NET hands through as the HResult of an IOException.
    private const int NoSpace = 28, ReadOnly = 30, OverQuota = 122;

    // What the messages of the projects below say of a place that refuses to be written, whatever the system's reason.
    private const string CannotWrite = ": cannot be written";

    /// <summary>Wraps an error once; one that is wrapped already comes back as it is.</summary>
    /// <param name="error">What was thrown.</param>
    public static LigerException From(Exception error) => error switch
    {
        LigerException done => done,
        OperationCanceledException => new("stopped before it was done; nothing half-written was left under a final name.", ExitCode.Cancelled, error),
        TypeInitializationException { InnerException: { } inner } => From(inner),
        DllNotFoundException or BadImageFormatException or EntryPointNotFoundException => new(Torch(error.Message), ExitCode.Environment, error),
        IOException { HResult: NoSpace or OverQuota } => new(
            $"the disk is full — {error.Message} Make room and run the command again; nothing half-written was left under a final name.",
            ExitCode.Environment, error),
        IOException { HResult: ReadOnly } or UnauthorizedAccessException => new(
            $"{error.Message} Choose a folder that you may write, or change its rights.", ExitCode.Environment, error),
        ModelException or TextException or TrainingException when IsOfMachine(error.InnerException) => new(error.Message, ExitCode.Environment, error),
        ModelException or TextException => new(error.Message, ExitCode.WrongUse, error),
        // Training that cannot begin has no step; what goes wrong at one is a failure of the work.
        TrainingException { Step: null } => new(error.Message, ExitCode.WrongUse, error),
        // A text or case that cannot be scored was handed in; numbers that are lost while computing are a failure of the work.
        EvaluationException when !error.Message.Contains("expected a finite number", StringComparison.Ordinal) => new(error.Message, ExitCode.WrongUse, error),
        TrainingException or EvaluationException or OpsException => new(error.Message, ExitCode.FailedAtWork, error),
        // The folder or file that was handed in; where the system's word is underneath, the machine is at fault.
        CheckpointException => new(error.Message, IsOfMachine(error.InnerException) || error.Message.Contains(CannotWrite, StringComparison.Ordinal) ? ExitCode.Environment : ExitCode.WrongUse, error),
        FileNotFoundException or DirectoryNotFoundException => new(error.Message, ExitCode.WrongUse, error),
        OutOfMemoryException => new("the memory is full. Use a smaller batch, context or dtype.", ExitCode.Environment, error),
        ExternalException when error.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase) => new(
            $"the device's memory is full — {FirstLine(error.Message)} Use a smaller batch, context or dtype.", ExitCode.Environment, error),
        _ => new($"{FirstLine(error.Message)} (unexpected {error.GetType().Name}; --debug shows where)", ExitCode.FailedAtWork, error),
    };

    private static bool IsOfMachine(Exception? error) => error is UnauthorizedAccessException or IOException { HResult: NoSpace or OverQuota or ReadOnly };

    private static string Torch(string message) => message.Contains("tools/", StringComparison.Ordinal)
        ? message
        : $"libtorch: it could not be loaded — {FirstLine(message)} Install it with tools/install-deps, then run tools/build-native.";

    private static string FirstLine(string text)
    {
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        return (end < 0 ? text : text[..end]).TrimEnd();
    }
}

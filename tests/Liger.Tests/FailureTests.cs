namespace Liger.Tests;

public sealed class FailureTests
{
    private const int NoSpace = 28;

    public static TheoryData<Exception, ExitCode, string> Errors => new()
    {
        { new LigerException("as it is", ExitCode.WrongUse), ExitCode.WrongUse, "as it is" },
        { new DllNotFoundException("Unable to load shared library 'x'\nmore"), ExitCode.Environment, "libtorch: it could not be loaded — Unable to load shared library 'x' Install it with tools/install-deps" },
        { new TypeInitializationException("T", new DllNotFoundException("x.so: missing. Build it with tools/build-native.")), ExitCode.Environment, "x.so: missing. Build it with tools/build-native." },
        { new IOException("No space left on device", NoSpace), ExitCode.Environment, "the disk is full — No space left on device" },
        { new UnauthorizedAccessException("Access to '/x' is denied."), ExitCode.Environment, "Access to '/x' is denied. Choose a folder that you may write" },
        { new FileNotFoundException("no x"), ExitCode.WrongUse, "no x" },
        { new OperationCanceledException("stopped"), ExitCode.Cancelled, "stopped" },
        { new InvalidOperationException("odd\nmore"), ExitCode.FailedAtWork, "odd (unexpected InvalidOperationException; --debug shows where)" },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public void Every_error_gets_its_exit_code_and_one_message(Exception error, ExitCode exitCode, string message)
    {
        var failure = Failure.From(error);
        Assert.Equal(exitCode, failure.ExitCode);
        Assert.StartsWith(message, failure.Message);
        Assert.Same(failure, Failure.From(failure));
    }
}

namespace Liger;

/// <summary>What a run of Liger ends with, as the exit code of the process.</summary>
public enum ExitCode
{
    /// <summary>Everything asked for was done.</summary>
    Done = 0,

    /// <summary>The work began and failed: a loss that is not a number, a merge outside its tolerance, a file damaged half-way.</summary>
    FailedAtWork = 1,

    /// <summary>What was asked for or handed in cannot be used: arguments, the recipe, a folder that is missing or of an unknown architecture.</summary>
    WrongUse = 2,

    /// <summary>The machine lacks something: libtorch, the device, space on the disk, the right to write.</summary>
    Environment = 3,

    /// <summary>Stopped by the user (128 + SIGINT); what was done until then is saved.</summary>
    Cancelled = 130,
}

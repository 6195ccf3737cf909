namespace Liger.Checks;

/// <summary>How one check ended.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Title">What must hold.</param>
/// <param name="Status">ok, failed, or skipped because something it needs failed.</param>
/// <param name="Detail">What was found, or what is wrong.</param>
/// <param name="ExitCode">What the run would end with.</param>
public sealed record CheckOutcome(int Number, string Title, CheckStatus Status, string Detail, ExitCode ExitCode);

namespace Liger.Cli.Verbs;

/// <summary>What every verb needs.</summary>
/// <param name="Terminal">Takes results and messages.</param>
/// <param name="Stop">Cancelled when the user asks to stop.</param>
internal sealed record VerbContext(Terminal Terminal, CancellationToken Stop);

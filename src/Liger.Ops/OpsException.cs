namespace Liger.Ops;

/// <summary>An operator was given arguments that do not fit together; the message names the argument.</summary>
public sealed class OpsException(string message) : Exception(message);

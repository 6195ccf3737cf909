namespace Liger.Models;

/// <summary>A model cannot be built, converted or run as asked; the message says where, what was expected and what came.</summary>
public sealed class ModelException(string message) : Exception(message);

namespace Liger.Training;

/// <summary>Training cannot start, go on or resume; the message says where, what is wrong and what to do.</summary>
public sealed class TrainingException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">"where: what is wrong — expected X, got Y. What to do."</param>
    /// <param name="inner">What caused it, if anything did.</param>
    public TrainingException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>The optimizer step at which it happened, counted from 1; null when it is not tied to a step.</summary>
    public long? Step { get; init; }

    /// <summary>The layer or parameter in which a value first was not finite; null when unknown or not that kind of error.</summary>
    public string? Layer { get; init; }
}

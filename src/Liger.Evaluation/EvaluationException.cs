namespace Liger.Evaluation;

/// <summary>A text, cases or models that cannot be measured as asked; the message says where, what was expected and what came.</summary>
public sealed class EvaluationException : Exception
{
    /// <summary>Makes the error.</summary>
    /// <param name="message">Where: what is wrong — expected X, got Y. What to do.</param>
    /// <param name="inner">The error underneath, where there is one.</param>
    public EvaluationException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

namespace Liger.Text;

/// <summary>Tokens that are an answer, to be predicted from what stands before them.</summary>
/// <param name="Start">The index of the first.</param>
/// <param name="Length">How many, at least 1.</param>
public readonly record struct AnswerSpan(int Start, int Length);

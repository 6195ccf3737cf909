namespace Liger.TinyLlama.Needles;

/// <summary>One recall case: a text that says a fact, goes on, and asks for it.</summary>
/// <param name="Prompt">The text up to the answer.</param>
/// <param name="Answer">How it goes on, its space first.</param>
/// <param name="Distance">Tokens between the sentence that says the fact and the question.</param>
/// <param name="Ids">The prompt's ids, the begin token first.</param>
/// <param name="AnswerIds">The answer's ids.</param>
public sealed record NeedleCase(string Prompt, string Answer, int Distance, IReadOnlyList<int> Ids, IReadOnlyList<int> AnswerIds);

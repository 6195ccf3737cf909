namespace Liger.Text;

/// <summary>A text in which something is said that is asked for at its end.</summary>
/// <param name="Prompt">The text, up to where the answer begins.</param>
/// <param name="Answer">The answer, with the space it begins with where it has one.</param>
/// <param name="Distance">Tokens between what is said and where it is asked for, as the file counts them.</param>
/// <param name="PromptIds">The prompt's tokens, the begin-of-text token included; at least 1.</param>
/// <param name="AnswerIds">The answer's tokens; at least 1.</param>
public sealed record NeedleCase(string Prompt, string Answer, int Distance, IReadOnlyList<int> PromptIds, IReadOnlyList<int> AnswerIds);

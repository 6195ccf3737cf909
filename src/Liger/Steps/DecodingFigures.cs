namespace Liger.Steps;

/// <summary>How fast a model decodes one sequence; medians of several runs.</summary>
/// <param name="Context">Tokens of the prompt.</param>
/// <param name="Runs">Timed runs.</param>
/// <param name="SecondsToFirstToken">From the whole prompt to the first new token, in seconds.</param>
/// <param name="TokensPerSecond">Tokens a second after the first.</param>
public sealed record DecodingFigures(int Context, int Runs, double SecondsToFirstToken, double TokensPerSecond);

using Liger.Text;

namespace Liger.Evaluation;

/// <summary>On how much of a text damage is measured.</summary>
public sealed record DamageOptions
{
    /// <summary>The shortest row, and text, that has room for passages to recall and text between.</summary>
    public const int FewestTokens = 96;

    /// <summary>Whether whole layers are swapped instead of kv heads. Default false.</summary>
    public bool WholeLayers { get; init; }

    /// <summary>Tokens of a row, at least 96. Default 1,024. Recall is asked over up to this distance.</summary>
    public int Context { get; init; } = 1024;

    /// <summary>Tokens of the text that are read, and as many again with passages to recall. Default 8,192.</summary>
    public int Tokens { get; init; } = 8192;

    /// <summary>Seeds which passages. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>
    /// How often forms that remember are chosen, each time beside the choice before; at least 1. Default 2: beside windows alone nothing is recalled, and what
    /// small windows do is lost in that.
    /// </summary>
    public int Rounds { get; init; } = 2;

    /// <summary>Windows of worded facts and questions, whose answers are the passages to recall; empty: parts of the text are, planted twice. Default empty.</summary>
    public IReadOnlyList<RecallWindow> Asked { get; init; } = [];

    internal void Check()
    {
        if (Context < FewestTokens)
            throw new EvaluationException($"calibration: context — expected at least {FewestTokens} tokens, got {Context}.");
        if (Tokens < 1)
            throw new EvaluationException($"calibration: tokens — expected at least 1, got {Tokens}.");
    }
}

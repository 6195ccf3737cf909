using Liger.Models.Mixers;

namespace Liger.Steps;

/// <summary>What a conversion found out by measuring.</summary>
/// <param name="Plan">The conversion.</param>
/// <param name="Ranking">Places by what keeping softmax there restores; null where none were asked for.</param>
/// <param name="Budget">What each kv head remembers; null where no budget was given.</param>
/// <param name="Scores">Fitted key scores; null where none were. Disposed with this.</param>
internal sealed record MeasuredChoice(MixerPlan Plan, RankedPlaces? Ranking, BudgetedHeads? Budget, KeyScoreTable? Scores) : IDisposable
{
    public void Dispose() => Scores?.Dispose();
}

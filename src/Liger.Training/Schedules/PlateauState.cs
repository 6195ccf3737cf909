namespace Liger.Training;

/// <summary>What the plateau schedule remembers between validations.</summary>
/// <param name="Rate">The rate after the warm-up now.</param>
/// <param name="Best">The best validation loss so far, nats per token; null before the first.</param>
/// <param name="Waited">Validations since the best one.</param>
public sealed record PlateauState(double Rate, double? Best, int Waited);

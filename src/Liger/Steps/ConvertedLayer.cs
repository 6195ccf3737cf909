namespace Liger.Steps;

/// <summary>What a conversion made of one layer.</summary>
/// <param name="Layer">Its index from 0.</param>
/// <param name="Before">The attention it had ("softmax", "softmax, window 4096").</param>
/// <param name="After">The token mixer it has.</param>
/// <param name="Note">What else is worth knowing, such as a norm that the recurrent branch does not see; null when nothing is.</param>
public sealed record ConvertedLayer(int Layer, string Before, string After, string? Note = null);

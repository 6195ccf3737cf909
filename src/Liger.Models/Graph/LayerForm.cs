using Liger.Models.Mixers;

namespace Liger.Models.Graph;

/// <summary>What can be exchanged in a layer while its weights stay: its mixer, and what its projections call.</summary>
/// <param name="Mixer">The mixer.</param>
/// <param name="Projections">In the order of the layer's slots.</param>
internal sealed record LayerForm(TokenMixer Mixer, IReadOnlyList<Projection> Projections);

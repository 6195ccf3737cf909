namespace Liger.Models.Mixers;

/// <summary>
/// The delta rule: S_t = (I − β_t k̂_t k̂_tᵀ) S_{t−1} + β_t k̂_t v_tᵀ, o_t = S_tᵀ q̂_t, with k̂ and q̂ of norm 1 and β = σ(mean_D(k)).
/// Differs: DeltaNet projects β from the hidden state and has short convolutions and a norm.
/// </summary>
[TokenMixer("delta", "delta rule: what lies under a key is replaced", "Schlag et al. 2021, arXiv 2102.11174; Yang et al. 2024, arXiv 2406.06484",
    Formula = "S_t = (I − β_t k̂_t k̂_tᵀ) S_{t−1} + β_t k̂_t v_tᵀ, β_t = σ(mean(k_t)), o_t = S_tᵀ q̂_t")]
public sealed class DeltaMixer(DeltaOptions delta, NormMapOptions map, RotaryOptions rotary, MixerShape shape) : DeltaRuleMixer(delta, map, rotary, shape);

using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>How a mixer judges the keys that leave its window: a logit of being needed later, by which it chooses among them or weighs them.</summary>
/// <param name="KvHead">The first kv head.</param>
/// <param name="Scores">[B,T,n] for it and those after it, fp32 (float64 stays); differentiable for what the mixer declares.</param>
/// <param name="Near">What it sees without choosing.</param>
public sealed record ScoredKeys(int KvHead, Tensor Scores, Visibility Near);

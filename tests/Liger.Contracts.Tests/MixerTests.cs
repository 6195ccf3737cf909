using Liger.Models.Mixers;
using Liger.Testing;

namespace Liger.Contracts.Tests;

/// <summary>Every registered mixer, and the options in which mixers differ.</summary>
public abstract class MixerTests : PlacedTests
{
    private static readonly string[] Variants =
    [
        "gla gate-source=query gate-shape=scalar rope=true", "gla gate-source=value normalized=true feature-map=elu", "gla gate-source=constant gate-logit=1 feature-map=relu",
        "gla feature-map=l2-norm gate-lower-bound=0.5 gate-divisor=2", "gla feature-map=identity rope=true", "mamba2 gate-shape=channel normalized=true",
        "gsa slots=4 feature-map=l2-norm rope=true gate-source=value", "hgrn2 gate-lower-bound=0.9 gate-source=constant normalized=true", "linear normalized=true feature-map=elu",
        "gated-delta strength=one rope=true gate-source=query", "delta strength=one feature-map=softmax", "rwkv7 feature-map=relu gate-divisor=4",
        "joint joint-map=hedgehog write-gate=true initial-write=0.3", "joint joint-map=elu joint-rope=false", "joint joint-map=relu", "joint joint-rope=false write-gate=true",
        "liger-gla covers-window=false", "liger-gsa covers-window=false", "liger-delta covers-window=false mixture=learned", "liger-linear covers-window=false normalized=true",
        "gla decay-offset=learned", "gsa slots=4 decay-offset=learned", "rwkv7 gate-source=constant decay-offset=learned", "liger-gated-delta covers-window=false decay-offset=learned",
        "selected key-score=learned", "selected selected=1", "memory memory-rank=8 memory-weight=1 cache-bits=8",
        "memory memory-rank=5 memory-degree=3 memory-sharpness=3 memory-weight=1",
        "window cache-bits=8", "softmax cache-bits=8", "selected cache-bits=8", "selected key-score=learned cache-bits=8", "joint cache-bits=8",
        "joint joint-rope=false write-gate=true cache-bits=8", "lolcats cache-bits=8", "liger-gla cache-bits=8", "liger-gla covers-window=false cache-bits=8",
    ];

    public static TheoryData<string> Mixers => [.. MixerCatalog.All.Select(m => m.Name), .. Variants];
}

"""Compares the kernels with the pair-by-pair form in float64, gradients included. `check.py quick` runs the small cases (emulator)."""
import sys
import zlib

import torch

import kernels
from kernels import Card, Emulator, Op, reference, rotary

TOLERANCE = 1e-2  # bf16 operands, relative to the norm
CUDA = torch.cuda.is_available()
DEVICE = "cuda" if CUDA else "cpu"
backends = {}


def backend(dim, gate, backwards=False):
    key = (dim, gate, backwards)
    if key not in backends:
        backends[key] = Card(dim, gate) if CUDA else Emulator(dim, gate, backwards)
    return backends[key]


def make_documents(b, t):
    rows = []
    for row in range(b):
        ids, number, left = [], 0, 1 + row
        for _ in range(t):
            if left == 0:
                number, left = number + 1, number * 29 % 70 + row + 1
            left -= 1
            ids.append(number)
        rows.append(ids)
    return torch.tensor(rows, device=DEVICE)


def run(b=2, t=130, h=4, hkv=2, d=64, gate="gla", window=64, sinks=0, packed=False, state=False, spread=1.0, branches="both", batched=False,
        scalar=False, backwards=False, strided=False, sharp=1.0):
    name = " ".join(f"{k}={v}" for k, v in locals().items() if v)
    torch.manual_seed(zlib.crc32(name.encode()))
    bf = torch.bfloat16
    if strided:
        fused = torch.randn(b, t, (h + 2 * hkv) * d, device=DEVICE).to(bf)
        q, k, v = [x.unflatten(-1, (-1, d)) for x in fused.split([h * d, hkv * d, hkv * d], -1)]
    else:
        q, k, v = [torch.randn(b, t, n, d, device=DEVICE).to(bf) for n in (h, hkv, hkv)]
        q, k = (q * sharp).to(bf), (k * spread).to(bf)
    if gate == "given" and spread == 1.0:
        q, k = (q * 0.3).to(bf), (k * 0.3).to(bf)
    g = None
    if gate == "given":
        g = -torch.rand(b, t, hkv, 1 if scalar else d, device=DEVICE) * spread
        g = g.expand(b, t, hkv, d)
    cos, sin = rotary(t, d, DEVICE, b if batched else None)
    documents = make_documents(b, t) if packed else None
    initial = torch.randn(b, hkv, d, d, device=DEVICE) if state else None
    dfinal = torch.randn(b, hkv, d, d, device=DEVICE) * 0.1 if state else None
    grad = torch.randn(b, t, h, d, device=DEVICE).to(bf)
    poison = lambda like, dtype=None: torch.full(like.shape, float("nan"), device=DEVICE, dtype=dtype or like.dtype)

    op = Op(backend(d, gate, backwards), d, window, sinks, branches=branches, divisor=1.0 if gate == "hgrn2" else 16.0)
    out, final = poison(q), torch.full((b, hkv, d, d), float("nan"), device=DEVICE)
    lse, delta = (torch.full((b, h, t), float("nan"), device=DEVICE) for _ in range(2))
    op.forward(q, k, v, cos, sin, documents, g, initial, out, final, lse)
    dq, dk, dv, dg = poison(q), poison(k), poison(v), torch.full((b, t, hkv, d), float("nan"), device=DEVICE)
    dinitial = torch.full_like(final, float("nan"))
    op.backward(q, k, v, cos, sin, grad, dq, dk, dv, lse, delta, documents, g, initial, dg, final, dfinal, dinitial)
    if CUDA:
        torch.cuda.synchronize()

    leaf = lambda x: None if x is None else x.detach().double().requires_grad_()
    Q, K, V, G, S = leaf(q), leaf(k), leaf(v), leaf(g), leaf(initial)
    expected, end = reference(Q, K, V, cos, sin, documents, gate, G, S, window, sinks, op.mix, op.divisor, branches)
    loss = (expected * grad.double()).sum()
    if dfinal is not None and end is not None:
        loss = loss + (end * dfinal.double()).sum()
    wanted = [x for x in (Q, K, V, G, S) if x is not None]
    through = torch.autograd.grad(loss, kernels.key_features, retain_graph=True)[0] if branches != "window" else None
    grads = dict(zip([n for n, x in zip(("dq", "dk", "dv", "dg", "dinitial"), (Q, K, V, G, S)) if x is not None], torch.autograd.grad(loss, wanted, allow_unused=True)))
    pairs = {"out": (out, expected), "dq": (dq, grads["dq"]), "dk": (dk, grads["dk"]), "dv": (dv, grads["dv"])}
    if branches != "window":
        pairs["final"] = (final, end)
        if G is not None:
            pairs["dg"] = (dg, grads["dg"])
        if S is not None:
            pairs["dinitial"] = (dinitial, grads["dinitial"])
    # Gradients that vanish (one token, or gates that forget everything at once) are measured by the keys' gradient.
    # Gradients that pass through a saturated feature map or gate are small differences of large numbers; they are measured by those.
    floor = dict.fromkeys(("dk", "dg"), (kernels.key_features * through).norm().item()) if branches != "window" else {}
    errors = {n: ((x.double() - y).norm() / y.norm().clamp(min=floor.get(n, 1e-30))).item() for n, (x, y) in pairs.items()}
    good = all(e <= TOLERANCE for e in errors.values())
    print("ok  " if good else "FAIL", name, " ".join(f"{n}={e:.1e}" for n, e in errors.items()), flush=True)
    return good


QUICK = [
    dict(branches="window"), dict(branches="recurrence"), dict(), dict(backwards=True),
    dict(t=1), dict(t=15), dict(t=63), dict(t=64), dict(t=65, b=1),
    dict(gate="hgrn2"), dict(gate="given"), dict(gate="given", scalar=True, t=70, b=1),
    dict(packed=True), dict(packed=True, gate="hgrn2", state=True), dict(state=True), dict(state=True, gate="given", branches="recurrence"),
    dict(spread=50.0), dict(spread=50.0, gate="hgrn2"), dict(spread=50.0, gate="given", packed=True),
    dict(window=65), dict(window=1), dict(window=100, t=200, b=1), dict(sinks=4, t=200, b=1), dict(sinks=70, window=20, t=260, b=1),
    dict(h=3, hkv=1, b=1), dict(h=14, hkv=2, b=1, t=70), dict(h=2, hkv=2), dict(h=10, hkv=1, b=1, t=70), dict(d=128, t=200, b=1, batched=True), dict(d=128, b=1, gate="hgrn2", backwards=True),
    dict(strided=True, b=1), dict(t=70, branches="recurrence", sharp=50.0), dict(t=70, gate="hgrn2", spread=50.0, sharp=50.0),
]
FULL = QUICK + [dict(d=128, h=8, hkv=2, t=t, gate=g, packed=p, state=s, spread=x) for t in (1, 15, 63, 64, 65, 200, 1000) for g in ("gla", "hgrn2", "given")
                for p, s in ((False, False), (True, True)) for x in (1.0, 50.0)]

if __name__ == "__main__":
    cases = QUICK if "quick" in sys.argv or not CUDA else FULL
    if len(sys.argv) > 2:
        cases = cases[int(sys.argv[2]):int(sys.argv[3])]
    failed = sum(not run(**case) for case in cases)
    print(f"{len(cases) - failed} of {len(cases)} cases hold")
    sys.exit(failed > 0)

"""Times the Liger operator and each of its kernels on the card at hand: medians of event times, random inputs."""
import argparse
import datetime
import json
import statistics

import torch

from kernels import Card, Op, rotary


def median(action, repeats=15):
    for _ in range(2):
        action()
    times = []
    for _ in range(repeats):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        action()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end))
    return statistics.median(times)


def graph(action):
    """The same as one replay: launches from Python would leave gaps."""
    captured = torch.cuda.CUDAGraph()
    with torch.cuda.graph(captured):
        action()
    return captured.replay


def case(b, t, h=32, hkv=8, d=128, gate="gla", window=64, branches="both"):
    torch.manual_seed(1)
    bf = torch.bfloat16
    q, k, v = [torch.randn(b, t, n, d, device="cuda").to(bf) for n in (h, hkv, hkv)]
    grad, out = torch.randn_like(q), torch.empty_like(q)
    cos, sin = rotary(t, d, "cuda")
    g = -torch.rand(b, t, hkv, d, device="cuda") if gate == "given" else None
    lse, delta = torch.empty(b, h, t, device="cuda"), torch.empty(b, h, t, device="cuda")
    dq, dk, dv = torch.empty_like(q), torch.empty_like(k), torch.empty_like(v)
    dg = torch.empty(b, t, hkv, d, device="cuda")
    op = Op(Card(d, gate), d, window, branches=branches)
    forward = lambda: op.forward(q, k, v, cos, sin, None, g, None, out, None, lse)
    backward = lambda: op.backward(q, k, v, cos, sin, grad, dq, dk, dv, lse, delta, None, g, None, dg)
    forward()

    def both():
        forward()
        backward()

    result = dict(b=b, t=t, h=h, hkv=hkv, d=d, gate=gate, window=window, branches=branches, forward=median(graph(forward)), both=median(graph(both)), kernels={})
    # Kernel by kernel: the run of one is wrapped in events, everything before it is there.
    launch = op.backend.launch
    spans = []

    def timed(kernel, *rest):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        launch(kernel, *rest)
        end.record()
        spans.append((kernel, start, end))

    op.backend.launch = timed
    for _ in range(9):
        both()
    torch.cuda.synchronize()
    op.backend.launch = launch
    for kernel in dict.fromkeys(k for k, _, _ in spans):
        result["kernels"][kernel] = dict(
            ms=statistics.median(s.elapsed_time(e) for k, s, e in spans if k == kernel), registers=op.backend.attribute(kernel, 4),
            local_bytes=op.backend.attribute(kernel, 3), shared_bytes=op.shared[kernel.removesuffix("_near")])
    return result


def sdpa():
    """What libtorch's own causal attention takes at the first case's shape, heads repeated."""
    q, k, v = (torch.randn(8, 32, 1024, 128, device="cuda", dtype=torch.bfloat16, requires_grad=True) for _ in range(3))
    attend = lambda: torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    grad = torch.randn_like(q)
    with torch.no_grad():
        forward = median(attend)
    return dict(forward=forward, both=median(lambda: torch.autograd.grad(attend(), (q, k, v), grad)))


CASES = [dict(b=8, t=1024), dict(b=8, t=1024, branches="window"), dict(b=8, t=1024, branches="recurrence"), dict(b=8, t=1024, gate="hgrn2"), dict(b=8, t=1024, gate="given"),
         dict(b=4, t=2048), dict(b=1, t=16384), dict(b=1, t=65536), dict(b=8, t=1024, d=64)]

FEW = [one for one in CASES if one.get("t") == 1024 and "branches" not in one and "d" not in one]


def record(cases, commit=None):
    """Everything about the cases, the kernels' own times included; printed on the way."""
    results = []
    for one in cases:
        result = case(**one)
        results.append(result)
        print(json.dumps({k: v for k, v in result.items() if k != "kernels"}))
        for name, x in result["kernels"].items():
            print(f"  {name:36s} {x['ms']:.3f} ms  {x['registers']} registers  {x['local_bytes']} B local  {x['shared_bytes']} B shared", flush=True)
    compiled = {" ".join(map(str, k)).strip(): round(v, 2) for k, v in Card.compile_seconds.items()}
    return dict(what="Liger attention on kernels, ms: medians of graph replays; kernels: medians of single launches", commit=commit,
                card=torch.cuda.get_device_name(), torch=torch.__version__, when=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
                compile_seconds=compiled, results=results)


def save(what, path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(what, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="only the first case")
    parser.add_argument("--json", help="where the record goes")
    parser.add_argument("--commit", help="what was measured")
    options = parser.parse_args()
    found = record(CASES[:1] if options.short else CASES, options.commit)
    found["sdpa_causal_8x1024"] = sdpa()
    print("SDPA causal 8x1024, 32 heads:", found["sdpa_causal_8x1024"])
    print("compile seconds", found["compile_seconds"])
    if options.json:
        save(found, options.json)

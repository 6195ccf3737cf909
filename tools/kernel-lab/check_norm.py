"""The residual sum and norm on the emulator against float64, gradients included."""
import sys

import torch

from kernels import F32, I32, Emulator, P, pointer, record

Forward = record("Forward", [(n, P) for n in "x delta weight sum y inverse".split()] + [("columns", I32), ("epsilon", F32)])
Backward = record("Backward", [(n, P) for n in "s weight inverse dy dz ds".split()] + [("columns", I32)])


def run(emulator, columns, added, through, rows=3, epsilon=1e-5):
    x, delta, dy, dz = (torch.randn(rows, columns).bfloat16() for _ in range(4))
    weight = torch.randn(columns).bfloat16()
    total, y, ds = (torch.full_like(x, float("nan")) for _ in range(3))
    inverse = torch.full((rows,), float("nan"))
    threads = (columns + 511) // 512 * 32
    p = Forward(pointer(x), pointer(delta) if added else None, pointer(weight), pointer(total), pointer(y), pointer(inverse), columns, epsilon)
    emulator.launch("norm_forward", p, (rows, 1, 1), threads, 0)
    s = total if added else x
    q = Backward(pointer(s), pointer(weight), pointer(inverse), pointer(dy), pointer(dz) if through else None, pointer(ds), columns)
    emulator.launch("norm_backward", q, (rows, 1, 1), threads, 0)

    leaf = (x.double() + delta.double() if added else x.double()).requires_grad_()
    expected = weight.double() * leaf * (leaf.square().mean(-1, keepdim=True) + epsilon).rsqrt()
    wanted = torch.autograd.grad(expected, leaf, dy.double())[0] + (dz.double() if through else 0)
    errors = [((a.double() - b).norm() / b.norm()).item() for a, b in ((s, leaf), (y, expected), (ds, wanted))]
    good = all(e <= 1e-2 for e in errors)
    print("ok  " if good else "FAIL", columns, added, through, *(f"{e:.1e}" for e in errors), flush=True)
    return good


if __name__ == "__main__":
    emulator = Emulator(64, "gla")
    torch.manual_seed(1)
    results = [run(emulator, columns, added, through) for columns in (8, 264, 4096, 14344) for added in (True, False) for through in (True, False)]
    sys.exit(not all(results))

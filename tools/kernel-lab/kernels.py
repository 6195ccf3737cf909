"""The kernels of src/Liger.Ops/Cuda from Python: on a GPU through NVRTC and the driver, elsewhere on the emulator."""
import ctypes
import glob
import hashlib
import math
import os
import shutil
import subprocess
import tempfile
import time

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = os.environ.get("KERNEL_SOURCES") or os.path.join(HERE, "../../src/Liger.Ops/Cuda")
GATES = {"gla": 0, "hgrn2": 1, "given": 2}
CHUNK = 64
WINDOW, GATED = "window_attention.cu", "gated_linear_attention.cu"
P, I64, I32, F32 = ctypes.c_void_p, ctypes.c_longlong, ctypes.c_int, ctypes.c_float


def record(name, fields):
    return type(name, (ctypes.Structure,), {"_fields_": fields})


View = record("View", [("data", P), ("batch", I64), ("token", I32), ("head", I32)])
Rotary = record("Rotary", [("cos", P), ("sin", P), ("batch", I64)])
WindowParams = record("WindowParams", [(n, View) for n in "q k v o dq dk dv".split()] + [
    ("rotary", Rotary), ("documents", P), ("lse", P), ("delta", P),
    ("tokens", I32), ("heads", I32), ("kv_heads", I32), ("window", I32), ("sinks", I32), ("weight", F32)])
RecurrenceParams = record("RecurrenceParams", [(n, View) for n in "q k v o dq dk dv".split()] + [
    ("g", P), ("g_batch", I64), ("g_token", I64), ("g_head", I64), ("g_channel", I64), ("dg", P), ("documents", P),
    ("initial", P), ("final", P), ("last", P), ("states", P), ("grads", P), ("totals", P), ("borders", P), ("diagonals", P),
    ("tokens", I32), ("heads", I32), ("kv_heads", I32), ("chunks", I32), ("weight", F32), ("inverse_divisor", F32), ("add", I32)])


def pointer(x):
    return None if x is None else x.data_ptr()


def view(x):
    return View() if x is None else View(x.data_ptr(), x.stride(0), x.stride(1), x.stride(2))


class Emulator:
    """One shared library for each head dimension and gate."""

    def __init__(self, dim, gate, backwards=False):
        folder = os.path.join(tempfile.gettempdir(), "liger-kernel-emulator")
        os.makedirs(folder, exist_ok=True)
        for file in glob.glob(os.path.join(SOURCES, "*.cu*")) + glob.glob(os.path.join(HERE, "emulator/*")):
            shutil.copy(file, folder)
        built = os.path.join(folder, f"emulator_{dim}_{gate}.so")
        subprocess.run(["g++", "-std=c++17", "-O2", "-w", "-fPIC", "-shared", f"-DHEAD_DIM={dim}", f"-DGATE={GATES[gate]}",
                        os.path.join(folder, "emulator.cpp"), "-o", built], check=True)
        self.emulator, self.backwards = ctypes.CDLL(built), backwards

    def launch(self, kernel, params, grid, threads, shared):
        self.emulator.emulate(kernel.encode(), ctypes.byref(params), *grid, threads, shared, self.backwards)


def nvrtc():
    found = sorted(glob.glob(os.path.join(os.path.dirname(torch.__file__), "../nvidia/*/lib/libnvrtc.so.*")))
    return ctypes.CDLL([f for f in found if "builtins" not in f and ".alt." not in f][0])


def compiled(folder, file, dim, gate):
    """A source for a card, kept in the folder for temporary files; no card is needed for it. Sources without gates are the same under all."""
    compiler, program = nvrtc(), P()
    headers = sorted(glob.glob(os.path.join(folder, "*.cuh")))
    defines = [f"-DHEAD_DIM={dim}"] + ([f"-DGATE={GATES[gate]}"] if file == GATED else [])
    everything = hashlib.sha256(" ".join(defines).encode())
    for path in headers + [os.path.join(folder, file)]:
        everything.update(open(path, "rb").read())
    kept = os.path.join(tempfile.gettempdir(), f"{file}-{everything.hexdigest()[:16]}.cubin")
    if os.path.exists(kept):
        return open(kept, "rb").read()
    texts = (ctypes.c_char_p * len(headers))(*[open(h, "rb").read() for h in headers])
    names = (ctypes.c_char_p * len(headers))(*[os.path.basename(h).encode() for h in headers])
    compiler.nvrtcCreateProgram(ctypes.byref(program), open(os.path.join(folder, file), "rb").read(), file.encode(), len(headers), texts, names)
    options = [o.encode() for o in ["--gpu-architecture=sm_90a", "--std=c++17", *defines, *os.environ.get("NVRTC_OPTIONS", "").split()]]
    status = compiler.nvrtcCompileProgram(program, len(options), (ctypes.c_char_p * len(options))(*options))
    size = ctypes.c_size_t()
    compiler.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    compiler.nvrtcGetProgramLog(program, log)
    if log.value.strip():
        print(log.value.decode(), flush=True)
    if status != 0:
        raise RuntimeError(f"{folder}/{file} does not compile")
    compiler.nvrtcGetCUBINSize(program, ctypes.byref(size))
    cubin = ctypes.create_string_buffer(size.value)
    compiler.nvrtcGetCUBIN(program, cubin)
    with open(kept + str(os.getpid()), "wb") as out:
        out.write(cubin.raw)
    os.replace(kept + str(os.getpid()), kept)
    return cubin.raw


class Card:
    """NVRTC and the CUDA driver; launches go to torch's current stream."""
    compile_seconds = {}
    cubins = {}

    def __init__(self, dim, gate):
        self.driver = ctypes.CDLL("libcuda.so.1")
        torch.cuda.init(); torch.zeros(1, device="cuda")
        self.functions = {}
        self.key = (dim, gate)
        for file in (WINDOW, GATED):
            name = (SOURCES, file, dim, gate if file == GATED else "")
            if name not in self.cubins:
                start = time.time()
                self.cubins[name] = compiled(*name)
                self.compile_seconds[name[1:]] = time.time() - start
            module = P()
            self.check(self.driver.cuModuleLoadData(ctypes.byref(module), self.cubins[name]))
            self.functions[file] = module

    def check(self, status):
        if status != 0:
            text = ctypes.c_char_p()
            self.driver.cuGetErrorString(status, ctypes.byref(text))
            raise RuntimeError(f"CUDA driver: {status} {text.value}")

    def launch(self, kernel, params, grid, threads, shared):
        if kernel not in self.functions:
            function = P()
            module = self.functions[WINDOW if kernel.startswith("window") else GATED]
            self.check(self.driver.cuModuleGetFunction(ctypes.byref(function), module, kernel.encode()))
            self.functions[kernel] = function
            self.check(self.driver.cuFuncSetAttribute(function, 8, shared))  # the most dynamic shared memory
        arguments = (P * 1)(ctypes.cast(ctypes.byref(params), P))
        self.check(self.driver.cuLaunchKernel(self.functions[kernel], *grid, threads, 1, 1, shared, P(torch.cuda.current_stream().cuda_stream), arguments, None))

    def attribute(self, kernel, what):
        value = I32()
        self.check(self.driver.cuFuncGetAttribute(ctypes.byref(value), what, self.functions[kernel]))
        return value.value


class Op:
    """Window and recurrence over the same projections, forward and backward."""

    def __init__(self, backend, dim, window=64, sinks=0, mix=0.5, divisor=16.0, branches="both"):
        # Windows of up to 65 tokens have kernels of their own, from version 10 on.
        self.near = "_near" if window <= 65 and sinks == 0 and os.path.exists(os.path.join(SOURCES, "near_keys.cuh")) else ""
        self.backend, self.dim, self.window, self.sinks, self.mix, self.divisor, self.branches = backend, dim, window, sinks, mix, divisor, branches
        pitch, wide = dim + 8, dim + 8
        tile, square = CHUNK * pitch * 2, dim * pitch * 2
        keys = tile + CHUNK * wide * 4 + CHUNK * 8 + (CHUNK + 4) * 4
        scores, rebased = CHUNK * (CHUNK + 8) * 2, 96 * pitch * 2
        store = 4 * tile + 3 * CHUNK * 4
        self.shared = {
            "window_forward": store + 2 * tile, "window_backward_queries": store + 8 * tile, "window_backward_keys": 6 * tile + 7 * CHUNK * 4,
            "recurrence_contributions": keys + 2 * tile, "recurrence_gradient_contributions": keys + 3 * tile,
            "recurrence_scan": 0, "recurrence_gradient_scan": 0, "recurrence_output": keys + square + rebased + 5 * tile,
            "recurrence_backward": keys + rebased + tile + square + 2 * tile + 2 * scores + CHUNK * wide * 4 + CHUNK * 8}
        self.work = None
        self.threads = {"recurrence_backward": 4 * dim, "recurrence_output": 512, "window_backward_queries": 512}

    def setup(self, q, k, v, cos, sin, documents, g):
        b, t, h, d = q.shape
        hkv, n = k.shape[2], (t + CHUNK - 1) // CHUNK
        make = lambda *shape, dtype=torch.float32: torch.empty(shape, dtype=dtype, device=q.device)
        if self.work is None:
            self.work = dict(states=make(b, hkv, n, d, d, dtype=torch.bfloat16), grads=make(b, hkv, n, d, d, dtype=torch.bfloat16), totals=make(b, hkv, n, d),
                             borders=make(b, hkv, n, d), diagonals=make(b, hkv, n, h // hkv, CHUNK, 16, dtype=torch.bfloat16))
        w, r = WindowParams(), RecurrenceParams()
        for p in (w, r):
            p.q, p.k, p.v, p.documents, p.tokens, p.heads, p.kv_heads = view(q), view(k), view(v), pointer(documents), t, h, hkv
        w.rotary = Rotary(pointer(cos), pointer(sin), 0 if cos.dim() == 2 else cos.stride(0))
        w.window, w.sinks, w.weight = self.window, self.sinks, self.mix if self.branches == "both" else 1.0
        for name, x in self.work.items():
            setattr(r, name, pointer(x))
        r.chunks, r.inverse_divisor = n, 1 / self.divisor
        r.weight, r.add = (1 - self.mix, 1) if self.branches == "both" else (1.0, 0)
        if g is not None:
            r.g, (r.g_batch, r.g_token, r.g_head, r.g_channel) = pointer(g), g.stride()
        self.grid, self.scan_grid = (n, hkv, b), (b * hkv * d // 8, 1, 1)
        return w, r

    def run(self, kernel, params):
        self.backend.launch(kernel, params, self.scan_grid if kernel.endswith("scan") else self.grid, self.threads.get(kernel.removesuffix("_near"), 256), self.shared[kernel.removesuffix("_near")])

    def forward(self, q, k, v, cos, sin, documents=None, g=None, initial=None, out=None, final=None, lse=None):
        w, r = self.setup(q, k, v, cos, sin, documents, g)
        w.o, w.lse, r.o, r.initial, r.final = view(out), pointer(lse), view(out), pointer(initial), pointer(final)
        if self.branches != "recurrence":
            self.run("window_forward" + self.near, w)
        if self.branches != "window":
            self.run("recurrence_contributions", r)
            self.run("recurrence_scan", r)
            self.run("recurrence_output", r)

    def backward(self, q, k, v, cos, sin, grad, dq, dk, dv, lse, delta, documents=None, g=None, initial=None, dg=None, last=None, dfinal=None, dinitial=None):
        w, r = self.setup(q, k, v, cos, sin, documents, g)
        for p in (w, r):
            p.o, p.dq, p.dk, p.dv = view(grad), view(dq), view(dk), view(dv)
        w.lse, w.delta = pointer(lse), pointer(delta)
        if self.branches != "recurrence":
            self.run("window_backward_queries" + self.near, w)
            self.run("window_backward_keys", w)
        if self.branches != "window":
            r.dg, r.initial, r.final, r.last = pointer(dg), pointer(dfinal), pointer(dinitial), pointer(last) if dfinal is not None else None
            self.run("recurrence_gradient_contributions", r)
            self.run("recurrence_gradient_scan", r)
            self.run("recurrence_backward", r)


def rotary(tokens, dim, device, batch=None, base=10000.0):
    positions = torch.arange(tokens, device=device, dtype=torch.float64)
    if batch is not None:
        positions = positions + 3 * torch.arange(batch, device=device, dtype=torch.float64).unsqueeze(1)
    frequencies = base ** (-torch.arange(0, dim, 2, device=device, dtype=torch.float64) / dim)
    angles = positions.unsqueeze(-1) * frequencies
    return angles.cos().to(torch.bfloat16), angles.sin().to(torch.bfloat16)


def reference(q, k, v, cos, sin, documents, gate, g, initial, window, sinks, mix, divisor, branches):
    """Everything pair by pair, in float64; gives the output and the final state."""
    b, t, h, d = q.shape
    group = h // k.shape[2]
    device = q.device
    i, j = torch.arange(t, device=device).unsqueeze(1), torch.arange(t, device=device).unsqueeze(0)
    same = torch.ones(b, t, t, dtype=torch.bool, device=device) if documents is None else documents.unsqueeze(2) == documents.unsqueeze(1)
    causal = same & (j <= i)
    repeat = lambda x: x.repeat_interleave(group, 2)
    out, final = 0, None
    if branches != "recurrence":
        def turned(x):
            c, s = cos.double().unsqueeze(-2), sin.double().unsqueeze(-2)
            a, z = x[..., : d // 2], x[..., d // 2:]
            x = torch.cat([a * c - z * s, z * c + a * s], -1)
            # Turned queries and keys are bf16 in the model too; scores in the hundreds would show that rounding alone.
            return x + (x.detach().to(torch.bfloat16).double() - x.detach())
        scores = torch.einsum("bihd,bjhd->bhij", turned(q), repeat(turned(k))) / math.sqrt(d)
        seen = causal & ((i - j < window) | (j < sinks))
        weights = scores.masked_fill(~seen.unsqueeze(1), -math.inf).softmax(-1)
        out = torch.einsum("bhij,bjhd->bihd", weights, repeat(v)) * (mix if branches == "both" else 1)
    if branches != "window":
        qf = q if gate == "given" else q.softmax(-1)
        global key_features
        kf = {"gla": lambda: k.softmax(-1), "hgrn2": lambda: torch.sigmoid(-k), "given": lambda: k}[gate]()
        key_features = kf
        decay = g if gate == "given" else torch.nn.functional.logsigmoid(k) / divisor
        sums = decay.cumsum(1)
        parts = []
        for head in range(k.shape[2]):
            s = sums[:, :, head]
            pairs = (s.unsqueeze(2) - s.unsqueeze(1)).clamp(max=0).exp()
            for one in range(head * group, (head + 1) * group):
                p = torch.einsum("bid,bjd,bijd->bij", qf[:, :, one], kf[:, :, head], pairs).masked_fill(~causal, 0)
                r = p @ v[:, :, head]
                if initial is not None:
                    first = same[:, :, 0].unsqueeze(-1).double()
                    r = r + first * ((qf[:, :, one] * s.exp()) @ initial[:, head])
                parts.append(r)
        out = out + torch.stack(parts, 2) * ((1 - mix) if branches == "both" else 1)
        left = (sums[:, -1:] - sums).exp() * same[:, -1].unsqueeze(-1).unsqueeze(-1).double()
        final = torch.einsum("bthk,bthv->bhkv", kf * left, v)
        if initial is not None:
            final = final + initial * (sums[:, -1].exp() * same[:, -1, 0].view(-1, 1, 1).double()).unsqueeze(-1)
    return out, final

"""The reference side of tools/bench: the Llama forward pass, LoRA step and greedy decoding in plain PyTorch.

Written as a Python user would have it: a module a layer, eager attention with repeated kv heads and an additive mask, RMSNorm and
softmax in fp32, LoRA with fp32 factors over a base of any type, cross-entropy over all logits in fp32, a cache that grows by
concatenation. Speaks the protocol of Workers/Turns.cs: one JSON object a line, "go N" and "end" on stdin.
"""
import argparse
import json
import mmap
import os
import resource
import struct
import sys
import time

# Read when OpenBLAS loads, with torch: an older core named here halves fp32 products.
os.environ.pop("OPENBLAS_CORETYPE", None)

import torch
import torch.nn.functional as F
from torch import nn

DTYPES = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}


def read_safetensors(path):
    """Name → tensor, views of the mapped file."""
    with open(path, "rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    (header_length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + header_length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        dtype = DTYPES[entry["dtype"]]
        count = (end - begin) // torch.empty((), dtype=dtype).element_size()
        flat = torch.frombuffer(content, dtype=dtype, count=count, offset=8 + header_length + begin)
        tensors[name] = flat.view(entry["shape"])
    return tensors


class RmsNorm(nn.Module):
    def __init__(self, weight, epsilon):
        super().__init__()
        self.weight = nn.Parameter(weight, requires_grad=False)
        self.epsilon = epsilon

    def forward(self, x):
        wide = x.to(torch.float32)
        variance = wide.pow(2).mean(-1, keepdim=True)
        return self.weight * (wide * torch.rsqrt(variance + self.epsilon)).to(x.dtype)


class Linear(nn.Module):
    def __init__(self, weight):
        super().__init__()
        self.weight = nn.Parameter(weight, requires_grad=False)

    def forward(self, x):
        return F.linear(x, self.weight)


class LoraLinear(nn.Module):
    def __init__(self, base, a, b, scale):
        super().__init__()
        self.base = base
        self.a = nn.Parameter(a)
        self.b = nn.Parameter(b)
        self.scale = scale

    def forward(self, x):
        result = self.base(x)
        added = F.linear(F.linear(x.to(self.a.dtype), self.a), self.b) * self.scale
        return (result + added).to(result.dtype)


def rotate(x, cos, sin):
    half = x.shape[-1] // 2
    rotated = torch.cat((-x[..., half:], x[..., :half]), dim=-1)
    return x * cos + rotated * sin


def repeat_heads(x, times):
    batch, heads, tokens, dim = x.shape
    return x[:, :, None].expand(batch, heads, times, tokens, dim).reshape(batch, heads * times, tokens, dim)


class Attention(nn.Module):
    def __init__(self, config, layer, get):
        super().__init__()
        self.heads, self.kv_heads, self.dim = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
        self.layer = layer
        self.q_proj = Linear(get("self_attn.q_proj.weight"))
        self.k_proj = Linear(get("self_attn.k_proj.weight"))
        self.v_proj = Linear(get("self_attn.v_proj.weight"))
        self.o_proj = Linear(get("self_attn.o_proj.weight"))

    def forward(self, x, cos, sin, mask, cache):
        batch, tokens, _ = x.shape
        q = self.q_proj(x).view(batch, tokens, self.heads, self.dim).transpose(1, 2)
        k = self.k_proj(x).view(batch, tokens, self.kv_heads, self.dim).transpose(1, 2)
        v = self.v_proj(x).view(batch, tokens, self.kv_heads, self.dim).transpose(1, 2)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        if cache is not None:
            k, v = cache.append(self.layer, k, v)
        k, v = repeat_heads(k, self.heads // self.kv_heads), repeat_heads(v, self.heads // self.kv_heads)
        scores = torch.matmul(q, k.transpose(2, 3)) * self.dim**-0.5
        if mask is not None:
            scores = scores + mask
        weights = F.softmax(scores, dim=-1, dtype=torch.float32).to(q.dtype)
        mixed = torch.matmul(weights, v).transpose(1, 2).reshape(batch, tokens, -1)
        return self.o_proj(mixed)


class Layer(nn.Module):
    def __init__(self, config, layer, get):
        super().__init__()
        self.input_layernorm = RmsNorm(get("input_layernorm.weight"), config["rms_norm_eps"])
        self.self_attn = Attention(config, layer, get)
        self.post_attention_layernorm = RmsNorm(get("post_attention_layernorm.weight"), config["rms_norm_eps"])
        self.gate_proj = Linear(get("mlp.gate_proj.weight"))
        self.up_proj = Linear(get("mlp.up_proj.weight"))
        self.down_proj = Linear(get("mlp.down_proj.weight"))

    def forward(self, x, cos, sin, mask, cache):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask, cache)
        h = self.post_attention_layernorm(x)
        return x + self.down_proj(F.silu(self.gate_proj(h)) * self.up_proj(h))


class Cache:
    def __init__(self, layers):
        self.keys, self.values, self.length = [None] * layers, [None] * layers, 0

    def append(self, layer, k, v):
        if self.keys[layer] is not None:
            k = torch.cat((self.keys[layer], k), dim=2)
            v = torch.cat((self.values[layer], v), dim=2)
        self.keys[layer], self.values[layer] = k, v
        return k, v


class Llama(nn.Module):
    def __init__(self, folder, dtype):
        super().__init__()
        with open(os.path.join(folder, "config.json")) as file:
            self.config = config = json.load(file)
        config.setdefault("head_dim", config["hidden_size"] // config["num_attention_heads"])
        stored = {}
        for name in sorted(os.listdir(folder)):
            if name.endswith(".safetensors"):
                stored.update(read_safetensors(os.path.join(folder, name)))

        def get(name):
            return stored[name].to(dtype).clone() if stored[name].dtype == dtype else stored[name].to(dtype)

        self.embedding = nn.Parameter(get("model.embed_tokens.weight"), requires_grad=False)
        self.layers = nn.ModuleList(
            Layer(config, i, lambda name, i=i: get(f"model.layers.{i}.{name}")) for i in range(config["num_hidden_layers"])
        )
        self.norm = RmsNorm(get("model.norm.weight"), config["rms_norm_eps"])
        self.head = self.embedding if config["tie_word_embeddings"] else nn.Parameter(get("lm_head.weight"), requires_grad=False)
        rope = config.get("rope_parameters") or config
        dim = config["head_dim"]
        self.frequencies = 1.0 / (rope["rope_theta"] ** (torch.arange(0, dim, 2, dtype=torch.float32) / dim))

    def forward(self, ids, cache=None, last_only=False):
        past = cache.length if cache is not None else 0
        tokens = ids.shape[1]
        x = F.embedding(ids, self.embedding)
        angles = torch.arange(past, past + tokens, dtype=torch.float32)[:, None] * self.frequencies
        angles = torch.cat((angles, angles), dim=-1)
        cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        mask = None
        if tokens > 1:
            mask = torch.full((tokens, past + tokens), torch.finfo(x.dtype).min, dtype=x.dtype).triu(past + 1)
        for layer in self.layers:
            x = layer(x, cos, sin, mask, cache)
        if cache is not None:
            cache.length += tokens
        x = self.norm(x[:, -1:] if last_only else x)
        return F.linear(x, self.head)


def attach(model, folder):
    """Puts a PEFT adapter on the model and returns its parameters."""
    with open(os.path.join(folder, "adapter_config.json")) as file:
        options = json.load(file)
    stored = read_safetensors(os.path.join(folder, "adapter_model.safetensors"))
    parameters = []
    for i, layer in enumerate(model.layers):
        for name in options["target_modules"]:
            prefix = f"base_model.model.model.layers.{i}.self_attn.{name}"
            a, b = (stored[f"{prefix}.lora_{which}.weight"].clone() for which in "AB")
            adapted = LoraLinear(getattr(layer.self_attn, name), a, b, options["lora_alpha"] / options["r"])
            setattr(layer.self_attn, name, adapted)
            parameters += [adapted.a, adapted.b]
    return parameters


class Training:
    """A unit is one LoRA step on the same batch."""

    def __init__(self, model, arguments, data):
        self.model = model
        self.optimizer = torch.optim.AdamW(attach(model, arguments.adapter), lr=data["learning_rate"], weight_decay=0.0)
        self.ids = torch.tensor(data["rows"])

    def unit(self):
        logits = self.model(self.ids)
        labels = F.pad(self.ids, (0, 1), value=-100)[:, 1:]
        loss = F.cross_entropy(logits.float().view(-1, logits.shape[-1]), labels.reshape(-1))
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return {"loss": loss.item()}


class Decoding:
    """A unit is one greedy continuation of the prompt."""

    def __init__(self, model, arguments, data):
        self.model = model
        self.prompt = torch.tensor([data["prompt"]])
        self.count = data["new_tokens"]

    @torch.inference_mode()
    def unit(self):
        started = time.perf_counter()
        cache = Cache(len(self.model.layers))
        token = self.model(self.prompt, cache, last_only=True)[:, -1].argmax(-1)
        made = [int(token)]
        first = time.perf_counter() - started
        while len(made) < self.count:
            token = self.model(token[None], cache, last_only=True)[:, -1].argmax(-1)
            made.append(int(token))
        return {"first": first, "rest": time.perf_counter() - started - first, "tokens": made}


def peak_memory():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))


def say(**fields):
    print(json.dumps(fields), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", choices=["train", "decode"])
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--adapter")
    parser.add_argument("--data", required=True)
    parser.add_argument("--dtype", choices=["fp32", "bf16"], required=True)
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    with open(arguments.data) as file:
        data = json.load(file)
    model = Llama(arguments.checkpoint, torch.float32 if arguments.dtype == "fp32" else torch.bfloat16)
    work = (Training if arguments.work == "train" else Decoding)(model, arguments, data)
    say(ready=True, version=torch.__version__, threads=torch.get_num_threads())
    for line in sys.stdin:
        command = line.split()
        if command[0] == "end":
            break
        started, busy = time.perf_counter(), time.process_time()
        results = [work.unit() for _ in range(int(command[1]))]
        say(seconds=time.perf_counter() - started, cpu=time.process_time() - busy, results=results)
    say(peak=peak_memory(), faults=resource.getrusage(resource.RUSAGE_SELF).ru_minflt)


if __name__ == "__main__":
    main()

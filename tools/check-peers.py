"""What Hugging Face's own libraries make of folders that liger wrote.

check-peers.py BASE TEXT CONTEXT ADAPTER LOSS CONVERTED EXPORTED
BASE: the original checkpoint. ADAPTER: an adapter of it, loaded with PEFT; LOSS: what `liger eval BASE --adapter ADAPTER --text TEXT
--context CONTEXT --json` says. CONVERTED and EXPORTED: folders of convert and export, loaded as the plain Llama whose weights they hold.
Needs torch, transformers and peft. Ends with 0 when all of it agrees.
"""
import json, sys
import torch
from peft import PeftModel
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

base, text, context, adapter, expected, converted, exported = sys.argv[1:8]
context, expected = int(context), float(expected)
tokenizer = AutoTokenizer.from_pretrained(base)
model = LlamaForCausalLM.from_pretrained(base, dtype=torch.float32)
ids = tokenizer(open(text, encoding="utf-8").read())["input_ids"]

def loss(model):
    total = count = 0
    with torch.no_grad():
        for at in range(0, len(ids) - 1, context):
            window = torch.tensor([ids[at : at + context]])
            if window.shape[1] < 2: continue
            logits = model(window).logits[0, :-1].float()
            total += torch.nn.functional.cross_entropy(logits, window[0, 1:], reduction="sum").item()
            count += window.shape[1] - 1
    return total / count, count

def as_llama(folder):
    config = json.load(open(f"{folder}/config.json"))
    config.pop("liger", None)
    config["model_type"], config["architectures"] = "llama", ["LlamaForCausalLM"]
    model, info = LlamaForCausalLM.from_pretrained(folder, config=LlamaConfig.from_dict(config), dtype=torch.float32, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"], info
    return model

original = {name: p.clone() for name, p in model.named_parameters()}
for name, p in as_llama(converted).named_parameters():
    assert torch.equal(p, original[name]), f"{converted}: {name} differs from {base}"
print("converted folder: loads as Llama, every weight as in the original")
adapted = PeftModel.from_pretrained(model, adapter)
mean, count = loss(adapted)
print(f"adapter in PEFT: loss {mean:.6f} over {count} tokens, liger says {expected:.6f}")
assert abs(mean - expected) < 1e-4
merged = dict(adapted.merge_and_unload().named_parameters())
worst = max((p - merged[name].to(torch.bfloat16).float()).abs().max().item() for name, p in as_llama(exported).named_parameters())
print(f"exported folder: largest difference of a weight from PEFT's merge, rounded to bf16: {worst:.3g}")
assert worst < 1e-2

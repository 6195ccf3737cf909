"""Packs what make_goldens.py and make_goldens_sentencepiece.py gave into the fixtures of the tests: goldens.json.gz and edits.json.gz.

    python3 pack_goldens.py IN RESULTS...

IN is make_goldens.py's input, RESULTS are the output folders of both programs. goldens.json.gz holds, for each tokenizer, in base64,
three bytes of SHA-256 for each text: of its ids (int32, little endian) and of what they decode to. edits.json.gz holds the
tokenizers of make_goldens.py that are edits of another one, as the parts of tokenizer.json that differ.
"""
import base64
import glob
import gzip
import hashlib
import json
import os
import struct
import sys

import make_goldens

DECODED = ("teacher-11m", "stories260K", "llama2", "qwen2.5", "llama3", "unk-each", "eos-template", "added", "added-sp")


def digest(items, raw):
    return base64.b64encode(b"".join(hashlib.sha256(raw(x)).digest()[:3] for x in items)).decode()


def edit_of(base, spec):
    edit = {k: v for k, v in spec.items() if k != "model" and v != base.get(k)}
    model = {k: v for k, v in spec["model"].items() if k != "merges" and v != base["model"].get(k)}
    if len(spec["model"]["merges"]) != len(base["model"]["merges"]):
        edit["keep_merges"] = len(spec["model"]["merges"])
    elif spec["model"]["merges"] != base["model"]["merges"]:
        edit["merges_as_pairs"] = True
    return dict(edit, model=model) if model else edit


def write(path, value):
    with open(path, "wb") as f, gzip.GzipFile(fileobj=f, mode="wb", mtime=0, compresslevel=9, filename="") as z:
        z.write(json.dumps(value, separators=(",", ":"), ensure_ascii=True).encode())


def main(source, results):
    ids = lambda x: struct.pack(f"<{len(x)}i", *x)
    text = lambda x: x.encode("utf-8", errors="replace")
    goldens = {}
    for path in sorted(p for folder in results for p in glob.glob(os.path.join(folder, "*.json.gz"))):
        if path.endswith(".tokenizer.json.gz"):
            continue
        with gzip.open(path) as f:
            golden = json.load(f)
        name = golden["name"]
        entry = {"library": golden["library"], "ids": digest(golden["ids"], ids)}
        if golden["special_ids"]:
            entry["special_ids"] = digest(golden["special_ids"], ids)
        if name in DECODED or name.startswith(("sp-", "metaspace")):
            entry["decoded"] = digest(golden["decoded"], text)
            if golden["decoded_skip"]:
                entry["decoded_skip"] = digest(golden["decoded_skip"], text)
        goldens[name] = entry
    write("goldens.json.gz", goldens)
    specs = {name: (spec, keep) for name, spec, keep in make_goldens.variants(source)}
    bases = ("teacher-11m", "stories260K", "llama2")
    edits = {}
    for name, (spec, _) in specs.items():
        if name not in bases and name not in ("qwen2.5", "llama3"):
            base = next(b for b in bases if specs[b][0]["model"]["vocab"] == spec["model"]["vocab"])
            edits[name] = dict(edit_of(specs[base][0], spec), base=base)
    write("edits.json.gz", edits)
    print(len(goldens), "goldens,", len(edits), "edits")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

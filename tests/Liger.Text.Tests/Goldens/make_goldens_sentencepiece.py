"""Computes what Google's SentencePiece gives for every text of strings.json.gz, and trains the small models of sp-*.model.gz for it.

    /usr/bin/python3 make_goldens_sentencepiece.py MATERIAL OUT        (Debian: python3-sentencepiece)

OUT gets one NAME.json.gz a model, in the form of make_goldens.py; `pack_goldens.py` turns them into fixtures.
The small models lie beside this script and are trained anew only where they are missing.
"""
import base64
import gzip
import io
import json
import os
import sys
import tempfile

import sentencepiece

MODELS = {
    "sp-nfkc": dict(vocab_size=1400, character_coverage=0.98, byte_fallback=True, user_defined_symbols=["<tool>", "  x", "fox jumps", "é", "▁the▁", "🇩🇪"]),
    "sp-rules-unk": dict(vocab_size=1100, rules={"A": "a", "B": "bb", "ff": "\u2581f", "quick": "slow", "\t": " ", "  ": " ", "\u00e9": "", "\u00fc": "u\u0308"}, character_coverage=0.98),
    "sp-identity-as-is": dict(vocab_size=1100, normalization_rule_name="identity", byte_fallback=True, add_dummy_prefix=False, remove_extra_whitespaces=False,
                              allow_whitespace_only_pieces=True, split_digits=True, character_coverage=0.98),
    "sp-across-words": dict(vocab_size=1200, normalization_rule_name="identity", split_by_whitespace=False, split_by_unicode_script=False, remove_extra_whitespaces=False, character_coverage=0.98, byte_fallback=True),
    "sp-suffix": dict(vocab_size=1100, normalization_rule_name="identity", treat_whitespace_as_suffix=True, character_coverage=0.98, unk_surface=" [?] "),
}


def main(material, target):
    here = os.path.dirname(os.path.abspath(__file__))
    os.makedirs(target, exist_ok=True)
    with gzip.open(os.path.join(here, "strings.json.gz")) as f:
        texts = [t if isinstance(t, str) else base64.b64decode(t["bytes"]).decode("utf-8", errors="replace") for t in json.load(f)]
    models = {}
    for name, options in MODELS.items():
        path = os.path.join(here, name + ".model.gz")
        if not os.path.exists(path):
            buffer = io.BytesIO()
            lines = [t for t in texts if 0 < len(t) < 400 and max(map(ord, t)) < 0x600 and "\0" not in t]
            options = dict(options)
            if "rules" in options:
                with tempfile.NamedTemporaryFile("w", suffix=".tsv", delete=False, encoding="utf-8") as f:
                    code = lambda t: " ".join(f"{ord(c):04X}" for c in t)
                    f.writelines(f"{code(a)}\t{code(b)}\n" for a, b in options.pop("rules").items())
                options["normalization_rule_tsv"] = f.name
            sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=buffer, model_type="bpe", minloglevel=2, **options)
            with open(path, "wb") as f, gzip.GzipFile(fileobj=f, mode="wb", mtime=0, compresslevel=9, filename="") as z:
                z.write(buffer.getvalue())
        with gzip.open(path) as f:
            models[name] = f.read()
    for name, path in (("sp-llama2", "tokenizers/llama2/tokenizer.model"), ("sp-stories260K", "weights/stories260K-hf/tokenizer.model")):
        with open(os.path.join(material, path), "rb") as f:
            models[name] = f.read()
    for name, data in models.items():
        p = sentencepiece.SentencePieceProcessor(model_proto=data)
        ids = [p.encode(t) for t in texts]
        result = {"name": name, "library": "sentencepiece " + sentencepiece.__version__, "ids": ids, "special_ids": [], "decoded": [p.decode(i) for i in ids], "decoded_skip": []}
        with open(os.path.join(target, name + ".json.gz"), "wb") as f, gzip.GzipFile(fileobj=f, mode="wb", mtime=0, filename="") as z:
            z.write(json.dumps(result, separators=(",", ":")).encode())
        print(name, sum(map(len, ids)), "ids")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

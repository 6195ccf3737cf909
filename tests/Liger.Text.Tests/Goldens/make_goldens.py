"""Computes what the Hugging Face `tokenizers` library gives for every text of strings.json.gz.

    python3 make_goldens.py IN OUT

IN holds strings.json.gz and the folders teacher-11m, stories260K, llama2 (tokenizer.json each), qwen2.5 (vocab.json,
merges.txt, tokenizer_config.json) and llama3 (tokenizer.model). OUT gets one NAME.json.gz per tokenizer:
  {"name", "library", "ids": [[...]], "special_ids": [[...]] (first 200 texts, with special tokens), "decoded": [...], "decoded_skip": [...]}
and NAME.tokenizer.json.gz for the tokenizers that exist only as an edit of another one (the edit is in `variants` below).
`pack_goldens.py` turns them into the fixtures of the tests. Needs nothing but `tokenizers`; tiktoken and transformers
are asked as well where they are installed.
"""
import base64
import copy
import gzip
import json
import os
import sys
import traceback

LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
O200K = "|".join([r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
                  r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
                  r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])


def byte_alphabet():
    keep = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    table, n = {b: chr(b) for b in keep}, 0
    for b in range(256):
        if b not in table:
            table[b] = chr(256 + n)
            n += 1
    return table


def byte_level(prefix_space=False, regex=False):
    return {"type": "ByteLevel", "add_prefix_space": prefix_space, "trim_offsets": True, "use_regex": regex}


def split(pattern, behavior="Isolated", invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}


def sequence(*items):
    return {"type": "Sequence", "pretokenizers": list(items)}


def normalizers(*items):
    return {"type": "Sequence", "normalizers": list(items)}


def added(id, content, special=False, normalized=None, single_word=False, lstrip=False, rstrip=False):
    return {"id": id, "content": content, "single_word": single_word, "lstrip": lstrip, "rstrip": rstrip,
            "normalized": (not special) if normalized is None else normalized, "special": special}


def qwen(folder):
    with open(os.path.join(folder, "vocab.json"), encoding="utf-8") as f:
        vocab = json.load(f)
    with open(os.path.join(folder, "merges.txt"), encoding="utf-8") as f:
        merges = [line.rstrip("\n") for line in f if line.strip() and not line.startswith("#version")]
    with open(os.path.join(folder, "tokenizer_config.json"), encoding="utf-8") as f:
        config = json.load(f)
    tokens = [dict(id=int(id), **t) for id, t in sorted(config["added_tokens_decoder"].items(), key=lambda p: int(p[0]))]
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": tokens, "normalizer": {"type": "NFC"},
            "pre_tokenizer": sequence(split(QWEN2), byte_level()), "post_processor": byte_level(), "decoder": byte_level(),
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "", "end_of_word_suffix": "", "fuse_unk": False,
                      "byte_fallback": False, "ignore_merges": False, "vocab": vocab, "merges": [m.split(" ", 1) for m in merges]}}


def llama3_ranks(folder):
    ranks = {}
    with open(os.path.join(folder, "tokenizer.model"), "rb") as f:
        for line in f:
            if line.strip():
                token, rank = line.split()
                ranks[base64.b64decode(token)] = int(rank)
    return ranks


def llama3_specials():
    names = ["<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>", "<|reserved_special_token_2|>",
             "<|reserved_special_token_3|>", "<|start_header_id|>", "<|end_header_id|>", "<|reserved_special_token_4|>", "<|eot_id|>"]
    return names + [f"<|reserved_special_token_{i}|>" for i in range(5, 251)]


def llama3(folder):
    ranks, table = llama3_ranks(folder), byte_alphabet()
    text = lambda b: "".join(table[x] for x in b)
    merges = []
    for token, rank in sorted(ranks.items(), key=lambda p: p[1]):
        local = [(token[:i], token[i:]) for i in range(1, len(token)) if token[:i] in ranks and token[i:] in ranks]
        merges += sorted(local, key=lambda p: (ranks[p[0]], ranks[p[1]]))
    specials = [added(len(ranks) + i, name, special=True) for i, name in enumerate(llama3_specials())]
    bos = specials[0]["content"]
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": specials, "normalizer": None, "pre_tokenizer": sequence(split(LLAMA3), byte_level()),
            "post_processor": {"type": "Sequence", "processors": [byte_level(), {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": bos, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                "pair": [{"SpecialToken": {"id": bos, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": bos, "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}],
                "special_tokens": {bos: {"id": bos, "ids": [len(ranks)], "tokens": [bos]}}}]},
            "decoder": byte_level(), "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False,
                "byte_fallback": False, "ignore_merges": True, "vocab": {text(t): r for t, r in ranks.items()}, "merges": [[text(a), text(b)] for a, b in merges]}}


def load(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def variants(source):
    """name → (tokenizer.json as a dict, whether it is an edit that the tests need a copy of)."""
    teacher = load(os.path.join(source, "teacher-11m", "tokenizer.json"))
    stories = load(os.path.join(source, "stories260K", "tokenizer.json"))
    llama2 = load(os.path.join(source, "llama2", "tokenizer.json"))
    yield "teacher-11m", teacher, False
    yield "stories260K", stories, False
    yield "llama2", llama2, False
    yield "qwen2.5", qwen(os.path.join(source, "qwen2.5")), False
    yield "llama3", llama3(os.path.join(source, "llama3")), False

    def edit(base, **changes):
        result = copy.deepcopy(base)
        model = changes.pop("model", {})
        extra = changes.pop("extra_tokens", [])
        result.update(changes)
        result["model"].update(model)
        # The library ignores the file's ids: a token of the vocabulary keeps its own, any other gets the next free one.
        for token in extra:
            vocab, used = result["model"]["vocab"], [t["id"] for t in result["added_tokens"]]
            token["id"] = vocab.get(token["content"], max(used + [len(vocab) - 1]) + 1)
            result["added_tokens"].append(token)
        return result

    v = len(teacher["model"]["vocab"])
    yield "gpt2", edit(teacher, pre_tokenizer=byte_level(False, True)), True
    yield "gpt2-prefix", edit(teacher, pre_tokenizer=byte_level(True, True)), True
    yield "qwen-split", edit(teacher, pre_tokenizer=sequence(split(QWEN2), byte_level()), normalizer={"type": "NFC"}), True
    yield "o200k-split", edit(teacher, pre_tokenizer=sequence(split(O200K), byte_level())), True
    yield "smollm", edit(teacher, pre_tokenizer=sequence({"type": "Digits", "individual_digits": True}, byte_level(False, True))), True
    yield "digits-together", edit(teacher, pre_tokenizer=sequence({"type": "Digits", "individual_digits": False}, byte_level(False, False))), True
    yield "deepseek", edit(teacher, normalizer=normalizers(), pre_tokenizer=sequence(split("[\r\n]"), split("\\s?\\p{L}+"), split("\\s?\\p{P}+"), split("[一-龥ࠀ-一가-퟿]+"),
                           {"type": "Digits", "individual_digits": True}, byte_level())), True
    for behavior in ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"):
        for invert in (False, True):
            yield f"split-{behavior}-{'invert' if invert else 'plain'}", edit(teacher, pre_tokenizer=sequence(split(r"[\s,.;'-]", behavior, invert), byte_level())), True
    yield "split-string", edit(teacher, pre_tokenizer=sequence(split(" ", "MergedWithNext", kind="String"), byte_level())), True
    yield "ignore-merges", edit(teacher, model={"ignore_merges": True, "merges": teacher["model"]["merges"][:1500]}), True
    yield "nfd", edit(teacher, normalizer={"type": "NFD"}), True
    yield "nfkc", edit(teacher, normalizer={"type": "NFKC"}), True
    yield "nfkd", edit(teacher, normalizer={"type": "NFKD"}), True
    yield "added", edit(teacher, normalizer={"type": "NFC"}, extra_tokens=[
        added(v, "<s>", special=True, lstrip=True), added(v + 1, "</s>", special=True, rstrip=True), added(v + 2, "<mask>", special=True, lstrip=True, rstrip=True),
        added(v + 3, "fox", single_word=True), added(v + 4, "é"), added(v + 5, "the", normalized=False, single_word=True), added(v + 6, "<|im_start|>", special=True, normalized=True),
        added(v + 7, "  ", normalized=True), added(v + 8, "<unk>", lstrip=True, rstrip=True), added(v + 9, "<unk><", special=False, normalized=False), added(v + 10, "straße")]), True

    w = len(stories["model"]["vocab"])
    metaspace = lambda scheme, do_split: {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": do_split}
    for scheme in ("first", "always", "never"):
        for do_split in (False, True):
            yield f"metaspace-{scheme}-{'split' if do_split else 'whole'}", edit(stories, normalizer=None, pre_tokenizer=metaspace(scheme, do_split), decoder=metaspace(scheme, do_split),
                extra_tokens=[added(w, "<|im_end|>", special=True), added(w + 1, "word")]), True
    yield "metaspace-sequence-decoder", edit(stories, normalizer=None, pre_tokenizer=metaspace("first", False)), True
    yield "added-sp", edit(stories, extra_tokens=[added(w, "<|im_end|>", special=True, rstrip=True), added(w + 1, "the"), added(w + 2, " a"), added(w + 3, "<tool_call>", normalized=True, lstrip=True),
                           added(w + 4, "▁▁", normalized=False), added(w + 5, "▁of")]), True
    yield "unk-fused", edit(stories, model={"byte_fallback": False, "fuse_unk": True}), True
    yield "unk-each", edit(stories, model={"byte_fallback": False, "fuse_unk": False}), True
    yield "unk-dropped", edit(stories, model={"byte_fallback": False, "unk_token": None}), True
    yield "replace-regex", edit(stories, normalizer=normalizers({"type": "NFKC"}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}, {"type": "Strip", "strip_left": True, "strip_right": True},
                                {"type": "Lowercase"}, {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"})), True
    yield "merges-pairs", edit(llama2, model={"merges": [m.split(" ") for m in llama2["model"]["merges"]]}), False
    yield "eos-template", edit(stories, post_processor={"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
        "pair": stories["post_processor"]["pair"], "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}, "</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]}}}), True


def write(path, value):
    with open(path, "wb") as f, gzip.GzipFile(fileobj=f, mode="wb", mtime=0, compresslevel=9, filename="") as z:
        z.write(json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode())


def main(source, target):
    os.makedirs(target, exist_ok=True)
    log = open(os.path.join(target, "log.txt"), "w", encoding="utf-8")
    with gzip.open(os.path.join(source, "strings.json.gz")) as f:
        texts = [t if isinstance(t, str) else base64.b64decode(t["bytes"]).decode("utf-8", errors="replace") for t in json.load(f)]
    try:
        import tokenizers
    except ImportError:
        tokenizers = None
        print("no tokenizers library: only building the tokenizers", file=log)
    for name, spec, keep in variants(source):
        try:
            if keep:
                write(os.path.join(target, name + ".tokenizer.json.gz"), spec)
            if tokenizers is None:
                continue
            t = tokenizers.Tokenizer.from_str(json.dumps(spec))
            ids = [t.encode(x, add_special_tokens=False).ids for x in texts]
            write(os.path.join(target, name + ".json.gz"), {
                "name": name, "library": "tokenizers " + tokenizers.__version__, "ids": ids, "special_ids": [t.encode(x).ids for x in texts[:200]],
                "decoded": [t.decode(x, skip_special_tokens=False) for x in ids], "decoded_skip": [t.decode(x, skip_special_tokens=True) for x in ids]})
            print(name, "ok", sum(map(len, ids)), "ids", file=log, flush=True)
        except BaseException:
            print(name, "failed:\n" + traceback.format_exc(), file=log, flush=True)
    try:
        import tiktoken
        ranks = llama3_ranks(os.path.join(source, "llama3"))
        specials = {n: len(ranks) + i for i, n in enumerate(llama3_specials())}
        t = tiktoken.Encoding("llama3", pat_str=LLAMA3, mergeable_ranks=ranks, special_tokens=specials)
        ids = [t.encode(x, allowed_special="all") for x in texts]
        write(os.path.join(target, "llama3-tiktoken.json.gz"), {"name": "llama3-tiktoken", "library": "tiktoken " + tiktoken.__version__, "ids": ids, "special_ids": [], "decoded": [t.decode(x) for x in ids], "decoded_skip": []})
        print("tiktoken ok", file=log, flush=True)
    except BaseException:
        print("tiktoken:", traceback.format_exc().strip().splitlines()[-1], file=log, flush=True)
    try:
        import transformers
        t = transformers.AutoTokenizer.from_pretrained(os.path.join(source, "qwen2.5"))
        ids = [t.encode(x, add_special_tokens=False) for x in texts]
        write(os.path.join(target, "qwen2.5-transformers.json.gz"), {"name": "qwen2.5-transformers", "library": "transformers " + transformers.__version__, "ids": ids, "special_ids": [],
            "decoded": [t.decode(x) for x in ids], "decoded_skip": [t.decode(x, skip_special_tokens=True) for x in ids]})
        print("transformers ok", type(t).__name__, file=log, flush=True)
    except BaseException:
        print("transformers:", traceback.format_exc().strip().splitlines()[-1], file=log, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

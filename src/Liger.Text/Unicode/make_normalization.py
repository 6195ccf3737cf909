"""Writes normalization.txt, the data of Unicode's normal forms, out of Python's unicodedata (that of Unicode 14).

Cut down to Unicode 9.0, which is what Hugging Face's tokenizers (0.23) normalize by: ids must be theirs. The normal forms of a code
point never change once it is assigned, so leaving out the newer ones gives exactly the older data.

One line a code point, in hexadecimal: `POINT CLASS` or `POINT CLASS TAG MAPPING…`: its combining class, then, where it has a
decomposition, `=` for a canonical or `~` for a compatibility one and the code points of that one step. `!` marks those
excluded from composition. Hangul is computed, not listed.
"""
import unicodedata

# Runs of code points, among those with data, that came after Unicode 9.0.
NEWER = [
    (0x7fd, 0x7fd), (0x898, 0x8d3), (0x9fe, 0x9fe), (0xc3c, 0xc3c), (0xd3b, 0xd3c), (0xeba, 0xeba), (0x1715, 0x1715), (0x1abf, 0x1ace), (0x1df6,
    0x1dfa), (0x32ff, 0x32ff), (0xa7f2, 0xa7f4), (0xa82c, 0xa82c), (0xab69, 0xab69), (0x10781, 0x107ba), (0x10d24, 0x10f85), (0x11070, 0x11070),
    (0x1133b, 0x1133b), (0x1145e, 0x1145e), (0x11839, 0x11a99), (0x11d42, 0x11d97), (0x16ff0, 0x16ff1), (0x1e130, 0x1e2ef), (0x1f16c, 0x1f16c),
    (0x1fbf0, 0x1fbf9),
]

with open("normalization.txt", "w", encoding="ascii", newline="\n") as f:
    for point in range(0x110000):
        if 0xac00 <= point <= 0xd7a3 or any(a <= point <= b for a, b in NEWER):
            continue
        c = chr(point)
        combining, mapping = unicodedata.combining(c), unicodedata.decomposition(c).split()
        if not combining and not mapping:
            continue
        line = f"{point:x} {combining:x}"
        if mapping:
            compatibility = mapping[0].startswith("<")
            points = mapping[1:] if compatibility else mapping
            excluded = not compatibility and unicodedata.normalize("NFC", c) != c
            line += (" ~" if compatibility else " !" if excluded else " =") + "".join(f" {int(p, 16):x}" for p in points)
        f.write(line + "\n")

"""Writes normalization.txt, the data of Unicode's normal forms, out of Python's unicodedata.

One line a code point, in hexadecimal: `POINT CLASS` or `POINT CLASS TAG MAPPING…`: its combining class, then, where it has a
decomposition, `=` for a canonical or `~` for a compatibility one and the code points of that one step. `!` marks those
excluded from composition. Hangul is computed, not listed.
"""
import unicodedata

with open("normalization.txt", "w", encoding="ascii", newline="\n") as f:
    for point in range(0x110000):
        if 0xac00 <= point <= 0xd7a3:
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

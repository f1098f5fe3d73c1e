"""Pages whose Python is run by tests/docs/test_programs.py, and what they find in their folder."""

import random
import re

from tests.docs.blocks import pages, read_page
from tests.docs.claims import RUN_BY

# Everywhere but where another test does it.
PAGES_RUN_HERE = [
    page
    for page in pages()
    if re.search(r"^```python$", read_page(page), re.MULTILINE) and "python" not in RUN_BY.get(page, {})
]
# Programs that take long, and why.
SLOW = {"docs/ablations.md": "it pre-trains two models"}
# Names that a page's sentences take for granted, as the source that makes them.
GIVEN = {
    "docs/tokenizers.md": """
from rembert_tf import RemBertModel
model = RemBertModel.from_pretrained("model_directory")
texts = ["The harbour freezes over in January. " * 40, "Nobody lives there now."]
question, context = ["When?"], ["The harbour freezes over in January. " * 100]
row, piece = 0, 10
""",
}


def make_files(folder, config, tokenizer):
    """Writes what the programs open.

    Args:
        folder: a Path.
        config: a small RemBertConfig that fits the tokenizer.
        tokenizer: a RemBertTokenizerFast.
    """
    from rembert_tf import RemBertModel

    for seed, code in enumerate(("de", "en")):
        (folder / f"text-{code}.txt").write_text(made_up_text(seed), encoding="utf-8")
    RemBertModel(config.replace(max_position_embeddings=128)).save_pretrained(folder / "model_directory")
    tokenizer.save_pretrained(folder / "model_directory")


def made_up_text(seed):
    """Returns documents of a line with some thousand different words, enough for a vocabulary."""
    chance = random.Random(seed)
    syllables = [first + vowel + last for first in "bdfgklmnprst" for vowel in "aeiou" for last in ("", "n", "r")]
    words = ["".join(chance.choices(syllables, k=chance.randint(1, 3))) for _ in range(6000)]
    return "\n\n".join(" ".join(chance.choices(words, k=12)) for _ in range(1500))

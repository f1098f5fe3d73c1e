"""Small files in the format of SQuAD, and where the real ones lie."""

import json
from pathlib import Path

import pytest

XTREME_LIKE = Path(__file__).resolve().parents[4] / "shared" / "data" / "xtreme_like"
needs_real_data = pytest.mark.skipif(not XTREME_LIKE.is_dir(), reason=f"the XTREME-like data is not in {XTREME_LIKE}")

TOWER = "The tower was built by Gustave Eiffel in 1889. It stands in Paris, on the Champ de Mars."
THAI = "กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย มีประชากรแปดล้านคน"
CHINESE = "东京塔位于日本东京都港区芝公园，高332.9米，建成于1958年。"


def entry(identifier, question, context, *answers, **more):
    """Returns an entry of `qas` with answers found in the context."""
    listed = [{"text": text, "answer_start": context.index(text)} for text in answers]
    return {"id": identifier, "question": question, "answers": listed, **more}


def squad(*paragraphs):
    """Returns the content of a file for pairs of a context and its `qas`."""
    listed = [{"title": "t", "paragraphs": [{"context": context, "qas": qas}]} for context, qas in paragraphs]
    return {"version": "1.1", "data": listed}


def write(folder, name, content):
    """Writes JSON into a folder; returns the path."""
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


SMALL = squad(
    (
        TOWER,
        [
            entry("q1", "Who built the tower?", TOWER, "Gustave Eiffel", "Eiffel"),
            entry("q2", "When was the tower built?", TOWER, "1889"),
            entry("q3", "Where does the tower stand?", TOWER, "Paris", "on the Champ de Mars"),
        ],
    ),
    (THAI, [entry("q4", "เมืองหลวงของประเทศไทยคือที่ไหน", THAI, "กรุงเทพมหานคร")]),
    (CHINESE, [entry("q5", "东京塔有多高？", CHINESE, "332.9米"), entry("q6", "哪一年建成？", CHINESE, "1958年")]),
)

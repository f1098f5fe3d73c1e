"""Texts, ordinary and nasty, in every kind of file that a corpus is made of, and what must become of each line."""

import gzip
import json
import lzma

import tensorflow as tf

from rembert_tf.pretraining.corpus_folder import PARTS, shard_paths

LONG = "Der Fährmann wartet am Ufer. " * 36_000  # more than a megabyte
GERMAN = [
    *(["Das Schiff liegt im Hafen.", "Im Winter friert der Fluss zu."], []),
    *(["\u200fשלום und \u202bauf Wiedersehen\u202c.", b"kaputt \xff\xfe Ende"], []),
    *(["Wer [MASK] oder [SEP] oder [CLS] schreibt, meint nur Buchstaben.", "null\x00zeichen"], [], []),
    *([LONG.strip()], []),
    *(["😀😃😄", "---- 12.5 ----", "Das Schiff liegt im Hafen."], []),
    [f"Am Tag {number} fährt die Fähre {number * 7} Mal." for number in range(120)],
]
ENGLISH = [[f"Letter {number} tells about {number} ships and their crews."] for number in range(60)]
PAGES = [
    {"text": "Une page.\n\nDeux lignes de texte.", "language": "fr"},
    {"text": "Half a \ud800 pair\nThe other line is fine."},
    {"text": "Le navire rentre au port.", "language": "fr", "url": "https://example.org"},
]
TABLE = ["fr\tLe navire rentre au port.", "fr\tLa mer est calme.", "en\tOne\ttab too many", "sr@latin\tBrod je u luci."]

REJECTED = {
    "control character": 1,
    "duplicate": 2,
    "empty": 6 + (len(ENGLISH) - 1) + 2,  # between documents of two files; within a page, and the last line
    "half of a surrogate pair": 1,
    "no letters": 2,
    "no text": 1,
    "not JSON": 2,
    "not two columns": 1,
    "not UTF-8": 2,
}


BROKEN_PAGES = [b"{", b"[" * 100_000, b'{"title": 3}', b'"\xff"', b""]
ALL_LINES = (
    sum(len(document) or 1 for document in GERMAN)
    + 2 * len(ENGLISH)
    - 1
    + sum(page["text"].count("\n") + 1 for page in PAGES)
    + len(BROKEN_PAGES)
    + len(TABLE)
)


def write_files(folder):
    """Writes the files; returns their paths."""
    german = b"\n".join(_bytes(line) for document in GERMAN for line in document or [""]) + b"\n"
    (folder / "text-de.txt").write_bytes(b"\xef\xbb\xbf" + german.replace(b".\n", b".\r\n", 1))
    (folder / "en.txt.gz").write_bytes(gzip.compress("\n\n".join(line for [line] in ENGLISH).encode()))
    (folder / "empty-de.txt").write_bytes(b"")
    pages = [json.dumps(page).encode() for page in PAGES]
    (folder / "pages-en.jsonl").write_bytes(b"\n".join([*pages, *BROKEN_PAGES]) + b"\n")
    (folder / "table.tsv.xz").write_bytes(lzma.compress("\n".join(TABLE).encode()))
    names = ("text-de.txt", "en.txt.gz", "empty-de.txt", "pages-en.jsonl", "table.tsv.xz")
    return [str(folder / name) for name in names]


def _bytes(line):
    return line if isinstance(line, bytes) else line.encode()


def kept_documents():
    """Returns {language: [lines that stay of a document]}, in the order of files and lines."""
    dropped = {"null\x00zeichen", "😀😃😄", "---- 12.5 ----"}
    german = [[line for line in lines if isinstance(line, str) and line not in dropped] for lines in GERMAN]
    german[german.index(["Das Schiff liegt im Hafen."])] = []  # the first document begins with this line
    return {
        "de": [lines for lines in german if lines],
        "en": [*ENGLISH, ["The other line is fine."]],
        "fr": [["Une page.", "Deux lignes de texte."], ["Le navire rentre au port."], ["La mer est calme."]],
        "sr@latin": [["Brod je u luci."]],
    }


def rows_of(folder, part, language):
    """Returns the rows of a language as lists of ids, as TensorFlow reads them."""
    paths = shard_paths(folder, part, language)
    return [ids_of(record) for record in tf.data.TFRecordDataset(paths)] if paths else []


def ids_of(record):
    """Returns the ids of one serialized row."""
    features = tf.train.Example.FromString(record.numpy()).features.feature
    assert list(features) == ["input_ids"]
    return list(features["input_ids"].int64_list.value)


def all_rows(folder, languages):
    """Returns {(part, language): rows}."""
    return {(part, language): rows_of(folder, part, language) for part in PARTS for language in languages}

"""Which lines are text, where long ones are cut, and what files and their names say."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rembert_tf.pipelines import lines
from rembert_tf.pretraining.corpus import reading
from rembert_tf.pretraining.corpus.cleaning import clean_document, short_parts
from rembert_tf.pretraining.corpus.documents import Document
from rembert_tf.pretraining.corpus.labels import is_language, named_language
from rembert_tf.pretraining.corpus.settings import CorpusSettings
from rembert_tf.pretraining.corpus.sources import PLAIN, TABLE, Source


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"\t ordinary \r", None),
        ("日本語。".encode(), None),
        ("ไทย\u200b ข้อความ".encode(), None),  # zero width space
        (b"form\x0cfeed and tab\t", None),
        ("a\ufffdb".encode(), None),
        (b" \t\r", "empty"),
        ("\u200e\u200f\u202e".encode(), "no letters"),
        (b"1 + 1 = 2", "no letters"),
        ("\u0301\u0302".encode(), "no letters"),
        (b"a\x00", "control character"),
        (b"esc\x1b[31m", "control character"),
        ("c1 \x9f".encode(), "control character"),
        (b"latin \xe9", "not UTF-8"),
        (b"cut \xe2\x82", "not UTF-8"),
        (b"cesu \xed\xa0\x80", "not UTF-8"),
        ("half \udc00", "half of a surrogate pair"),
    ],
)
def test_reasons(line, reason):
    document, rejected = clean_document(Document((4, 7), "de", [(7, line), (8, b"Ein Satz.")]))
    assert rejected == ([(reason, (4, 7))] if reason else [])
    texts = [line.decode().strip()] if reason is None else []
    assert [text for _, text in document.lines] == [*texts, "Ein Satz."]
    assert clean_document(Document((4, 7), "de", [(7, line)]))[0] is None or reason is None


def test_a_digest_is_that_of_the_texts():
    def digest(lines, language="de"):
        return clean_document(Document((0, 1), language, list(enumerate(lines))))[0].digest

    assert digest([b"Eins.", b"Zwei."]) == digest([b"  Eins.", b"\x00", b"Zwei. \r"])
    others = [digest([b"Eins. Zwei."]), digest([b"Zwei.", b"Eins."]), digest([b"Eins.", b"Zwei."], "nl")]
    assert len({digest([b"Eins.", b"Zwei."]), *others}) == 4


@given(st.text(alphabet="ab .。\n\u3000", max_size=300), st.integers(4, 40))
def test_parts_are_the_text(text, longest):
    parts = short_parts(text, longest)
    assert "".join(parts) == text
    assert all(0 < len(part) <= longest for part in parts) or not text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One, two. Three four five", ["One, two. ", "Three four five"]),
        ("one two three four five", ["one two three ", "four five"]),
        ("一二三四五六七八九。十一十二十三十四", ["一二三四五六七八九。", "十一十二十三十四"]),
        ("a" * 20, ["a" * 16, "aaaa"]),
    ],
)
def test_cuts(text, parts):
    assert short_parts(text, 16) == parts


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("data/text-de.txt", "de"),
        ("pt_BR.txt.gz", "pt_BR"),
        ("gs://bucket/c4-sw.tfrecord-00000-of-01024.json.gz", "sw"),
        ("de/part-1.txt", "de"),
        ("tmp/corpus.txt", None),
        ("corpus.txt", None),
    ],
)
def test_names(path, language):
    assert named_language(path) == language


def test_codes():
    assert all(map(is_language, ["de", "pt_BR", "zh-Hans", "sr@latin", "zh-classical", "und"]))
    assert not any(map(is_language, ["", "d", "de/at", "..", "de at", "Deutsch und mehr", None, 3]))


def lines_of(path, content, kind=PLAIN, language="de"):
    path.write_bytes(content)
    settings = CorpusSettings(languages_from_column=1)
    return list(reading.read_documents(Source(0, str(path), kind, language), settings))


def test_plain_documents(tmp_path):
    content = b"\xef\xbb\xbfEins.\r\nZwei.\n \n\nDrei.\x85\xe2\x80\xa8"  # only a line feed ends a line
    for name, packed in (("a.txt", content), ("a.txt.gz", gzip.compress(content))):
        assert lines_of(tmp_path / name, packed) == [
            Document((0, 1), "de", [(1, b"Eins.\r"), (2, b"Zwei.")]),
            ("empty", (0, 3)),
            ("empty", (0, 4)),
            Document((0, 5), "de", [(5, b"Drei.\x85\xe2\x80\xa8")]),
        ]


def test_a_text_without_blank_lines_becomes_several_documents(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "LONGEST_DOCUMENT", 10)
    found = lines_of(tmp_path / "a.txt", b"12345\n" * 5)
    assert [[number for number, _ in document.lines] for document in found] == [[1, 2], [3, 4], [5]]


def test_endless_lines(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "LONGEST_LINE", 10)
    found = lines_of(tmp_path / "a.txt", b"123456789\n" + b"x" * 35 + b"\nEnd.\n" + b"y" * 10)
    assert found == [
        ("too long", (0, 2)),
        ("too long", (0, 4)),
        Document((0, 1), "de", [(1, b"123456789"), (3, b"End.")]),
    ]


def test_cells(tmp_path):
    found = lines_of(tmp_path / "a.tsv", b"fr\tOui.\r\n\tJa.\nNein.\n\xff\tx\nfr\t\xff", TABLE)
    assert found == [
        Document((0, 1), "fr", [(1, b"Oui.")]),
        Document((0, 2), "de", [(2, b"Ja.")]),
        ("not two columns", (0, 3)),
        ("not UTF-8", (0, 4)),
        Document((0, 5), "fr", [(5, b"\xff")]),
    ]

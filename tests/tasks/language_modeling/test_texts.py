"""Plain text as lines and documents."""

import gzip

import pytest

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.tasks.language_modeling.texts import read_lines


def test_blank_lines_and_files_end_documents(tmp_path):
    (tmp_path / "a-de.txt").write_text("eins\nzwei \n\n  \ndrei\r\n", encoding="utf-8")
    (tmp_path / "b-fr.txt.gz").write_bytes(gzip.compress(b"\nun\n\ndeux"))
    lines = read_lines([tmp_path / "a-de.txt", tmp_path / "b-fr.txt.gz"])
    assert lines.texts == ["eins", "zwei ", "drei", "un", "deux"]
    changes = (lines.documents[1:] != lines.documents[:-1]).tolist()
    assert changes == [False, True, True, True]
    assert lines.languages == ["de", "de", "de", "fr", "fr"]


def test_a_line_a_document(tmp_path):
    (tmp_path / "a.txt").write_text("eins\nzwei\n\ndrei\n", encoding="utf-8")
    assert len(set(read_lines([tmp_path / "a.txt"], line_by_line=True).documents.tolist())) == 3


def test_files_without_text(tmp_path):
    (tmp_path / "a.txt").write_text("\n \n", encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.txt' has no text"):
        read_lines([tmp_path / "a.txt"])
    with pytest.raises(MissingFileError):
        read_lines([tmp_path / "none.txt"])
    (tmp_path / "b.txt").write_bytes(b"a\n\xff\n")
    with pytest.raises(InputError, match=r"b\.txt, line 2: not UTF-8"):
        read_lines([tmp_path / "b.txt"])

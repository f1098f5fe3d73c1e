"""Opening text files: the same lines whatever the compression, and an error with file and line otherwise."""

import gzip
import lzma

import pytest

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.text_files.opening import open_text

CONTENT = "eins\r\nzwei\u2028drei\x0bvier\n\nohne Ende"
PACKED = {"a.txt": bytes, "a.txt.gz": gzip.compress, "a.txt.xz": lzma.compress, "A.JSON.XZ": lzma.compress}


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_lines_keep_their_ends_and_only_a_line_feed_makes_one(tmp_path, name, mark):
    path = tmp_path / name
    path.write_bytes(PACKED[name](mark + CONTENT.encode()))
    assert list(open_text(path)) == ["eins\r\n", "zwei\u2028drei\x0bvier\n", "\n", "ohne Ende"]
    assert list(open_text(str(path)))[0] == "eins\r\n"


@pytest.mark.parametrize("name", PACKED)
def test_an_empty_file_has_no_lines(tmp_path, name):
    (tmp_path / name).write_bytes(PACKED[name](b""))
    assert list(open_text(tmp_path / name)) == []


def test_a_byte_order_mark_counts_at_the_start_only(tmp_path):
    (tmp_path / "a.txt").write_text("a\n\ufeffb\n", encoding="utf-8")
    assert list(open_text(tmp_path / "a.txt")) == ["a\n", "\ufeffb\n"]


@pytest.mark.parametrize("name", PACKED)
def test_bytes_that_are_not_utf8_are_named_with_their_line(tmp_path, name):
    (tmp_path / name).write_bytes(PACKED[name](b"fine\nno \xff\n"))
    with pytest.raises(InputError, match=rf"{name}, line 2: not UTF-8 \(invalid start byte at byte 3\)"):
        list(open_text(tmp_path / name))


@pytest.mark.parametrize("name", ["a.gz", "a.xz"])
@pytest.mark.parametrize("content", [b"plain text\n", b"\x00" * 100])
def test_a_plain_file_with_a_compressed_name_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=rf"{name}, line 1: not readable as \.{name[-2:]}"):
        list(open_text(tmp_path / name))


@pytest.mark.parametrize("name", ["a.gz", "a.xz"])
def test_a_file_that_is_cut_off_is_refused(tmp_path, name):
    whole = (gzip if name == "a.gz" else lzma).compress("".join(map(str, range(100_000))).encode())
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=f"{name}.*damaged"):
        list(open_text(tmp_path / name))


def test_a_missing_file_is_told_at_once(tmp_path):
    with pytest.raises(MissingFileError, match="nowhere"):
        open_text(tmp_path / "nowhere.txt")
    with pytest.raises(MissingFileError):
        open_text(tmp_path)

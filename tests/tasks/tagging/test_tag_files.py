"""Reading tagged files: XTREME's formats, and refusals that name the file and the line."""

import gzip
import lzma

import pytest

from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.tasks.tagging.panx import Panx
from rembert_tf.tasks.tagging.udpos import UdPos
from tests.tasks.tagging.conftest import PANX, UDPOS


def test_words_tags_languages_and_places(write):
    path = write(UDPOS, "dev-de.tsv")
    data = UdPos().read([path])
    assert data.words == [["The", "dog", "barks", "."], ["New York", "sleeps"]]
    assert data.tags == [["DET", "NOUN", "VERB", "PUNCT"], ["PROPN", "VERB"]]
    assert data.languages == ["de", "de"]
    assert data.places == [f"{path}, line 1", f"{path}, line 6"]
    assert len(data) == 2
    assert len(data.labels) == 17


@pytest.mark.parametrize(
    "content",
    [
        UDPOS.rstrip("\n"),
        UDPOS.replace("\n", "\r\n"),
        UDPOS.replace("\n\n", "\n\n\n \n"),
        b"\xef\xbb\xbf" + UDPOS.encode(),
        "\n" + UDPOS,
    ],
    ids=["no final line end", "CRLF", "several blank lines", "byte order mark", "blank line first"],
)
def test_tolerated_forms_read_the_same(write, content):
    expected = UdPos().read([write(UDPOS, "plain-en.tsv")])
    data = UdPos().read([write(content)])
    assert (data.words, data.tags) == (expected.words, expected.tags)


@pytest.mark.parametrize(("compress", "ending"), [(gzip.compress, ".gz"), (lzma.compress, ".xz")])
def test_compressed_files(write, compress, ending):
    data = UdPos().read([write(compress(UDPOS.encode()), f"train-fr.tsv{ending}")])
    assert data.words[1] == ["New York", "sleeps"]
    assert data.languages == ["fr", "fr"]


def test_only_line_feeds_and_tabs_separate(write):
    data = UdPos().read([write("a\u2028b\tX\n10\u00a0000 km\tNUM\n\x85c\tX\n")])
    assert data.words == [["a\u2028b", "10\u00a0000 km", "c"]]


def test_files_follow_one_another(write):
    data = Panx().read([write(PANX, "test-de.tsv"), write(PANX, "test-en.tsv")])
    assert data.languages == ["de", "de", "en", "en"]
    english = data.select([3, 2])
    assert english.words == [["Siemens"], ["Angela", "Merkel", "in", "Paris"]]
    assert english.languages == ["en", "en"]
    assert english.labels == data.labels


def test_panx_before_preprocessing_loses_its_prefix(write):
    raw = "".join(f"de:{line}\n" if line else "\n" for line in PANX.splitlines())
    data = Panx().read([write(raw.replace("de:in", "de:10:30"), "train")])
    assert data.words == [["Angela", "Merkel", "10:30", "Paris"], ["Siemens"]]
    assert data.tags[0] == ["B-PER", "I-PER", "O", "B-LOC"]
    assert data.languages == ["de", "de"]


def test_words_with_a_colon_are_words(write):
    assert Panx().read([write("re:start\tO\nnow\tO\nhttp://x\tO\n")]).words == [["re:start", "now", "http://x"]]
    assert Panx().read([write(":\tO\n)\tO\n")]).words == [[":", ")"]]


def test_one_token_without_the_prefix_of_all_others_is_damage(write):
    path = write("de:Haus\tO\nde:und\tO\nGarten\tO\n")
    with pytest.raises(InputError, match=r"line 3: 'Garten' does not begin with 'de:'"):
        Panx().read([path])


@pytest.mark.parametrize("content", ["The\ndog\n\nbarks\n", "The\t\ndog\t\n\nbarks\t\n"])
def test_files_without_tags_are_for_prediction(write, content):
    path = write(content, "test-en.tsv")
    data = UdPos().read([path])
    assert data.words == [["The", "dog"], ["barks"]]
    assert data.tags == [None, None]
    with pytest.raises(InputError, match=r"test-en\.tsv, line 1: no tag; .* for scoring"):
        UdPos().score(data, [])
    with pytest.raises(InputError, match=r"test-en\.tsv, line 1: no tag; .* for training"):
        UdPos().batches(None, data, 2, 16)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"train-en\.tsv holds no word: expected a token, a tab and a tag"),
        ("\n \n", "holds no word"),
        ("The\tDET\ndog\tN\tNOUN\n", "line 2: 3 columns instead of 2"),
        ("1\tThe\tthe\tDET\t_\t_\t2\tdet\t_\t_\n", "line 1: 10 columns instead of 2.*CoNLL-U"),
        ("The\tDET\n\ndog\tNN\n", "line 3: the tag 'NN' of 'dog' is not one of the 17 of this task: ADJ, ADP"),
        ("The\tDET\ndog\n", "line 2: no tag beside 'dog'"),
        ("The\ndog\tNOUN\n", "line 2: a tag, 'NOUN', though line 1 has none"),
        (b"The\tDET\n\xff\tX\n", "line 2: not UTF-8"),
    ],
)
def test_refusals_name_file_and_line(write, content, message):
    with pytest.raises(InputError, match=message) as error:
        UdPos().read([write(content)])
    assert "train-en.tsv" in str(error.value)


def test_missing_file(tmp_path):
    with pytest.raises(MissingFileError, match="there is no file"):
        UdPos().read([str(tmp_path / "nothing.tsv")])


def test_labels_of_a_model_take_the_place_of_the_tasks(write):
    path = write("a\tB-MISC\nb\tO\n")
    data = Panx().read([path], labels=["O", "B-MISC"])
    assert data.labels == ("O", "B-MISC")
    assert Panx().config_fields(data) == {"id2label": {0: "O", 1: "B-MISC"}}
    with pytest.raises(InputError, match="'B-MISC' of 'a' is not one of the 7"):
        Panx().read([path])


def test_class_numbers_are_in_sorted_order(write):
    """As in the labels.txt that XTREME's preprocessing writes with `sort | uniq`."""
    for task in (UdPos(), Panx()):
        assert list(task.labels) == sorted(task.labels)
    assert Panx().config_fields(Panx().read([write(PANX)]))["id2label"][6] == "O"

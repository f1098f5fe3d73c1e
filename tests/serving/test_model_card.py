"""What lies beside an export holds labels that strangers wrote: none of it takes effect as markup."""

import json
import shlex
import types

import pytest
import tensorflow as tf
from markdown_it import MarkdownIt

from rembert_tf.serving.model_card import CARD, LABELS, read_labels, write_assets
from rembert_tf.serving.options import NoOptions
from rembert_tf.tasks.error_report.hostile_texts import markdown_code

HOSTILE = [
    "a|b",
    "<b>bold</b>",
    'say "no"',
    "it's: *this*",
    "# heading",
    "[link](http://example.com)",
    "`code`",
    "a ``` fence",
    "`",
    "&amp;",
    "<script>alert(1)</script>",
    "天气 \\ $x$",
]
# Shown on one line, and without what no document may hold.
BROKEN = {"two\nlines": "two lines", "two\r\n\r\n# lines": "two # lines", "bell\x07": "bell\ufffd", "": ""}


def code_of(markdown):
    """Returns the texts of a line's code; everything else is plain text and commas."""
    [inline] = [token for token in MarkdownIt("gfm-like", {"linkify": False}).parse(markdown) if token.type == "inline"]
    assert {child.type for child in inline.children} <= {"code_inline", "text"}
    return [child.content for child in inline.children if child.type == "code_inline"]


@pytest.mark.parametrize("text", [*HOSTILE, *BROKEN])
def test_code_shows_a_text_as_it_is(text):
    [shown] = code_of(f"labels: {markdown_code(text)}, and more")
    assert shown.strip() == BROKEN.get(text, text)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The folder of a version with hostile labels, and a sample request with what a shell would take apart."""
    folder = tmp_path_factory.mktemp("card")
    config = types.SimpleNamespace(num_hidden_layers=1, hidden_size=8, vocab_size=100)
    model = types.SimpleNamespace(
        config=config,
        count_params=lambda: 5,
        dtype_policy=types.SimpleNamespace(name="float32"),
        encoder_substitute=None,
    )
    module = types.SimpleNamespace(
        model=model,
        architecture="RemBertForSequenceClassification",
        labels=[*HOSTILE, *BROKEN],
        max_length=24,
        options=NoOptions(),
        tokenizer=types.SimpleNamespace(vocabulary=types.SimpleNamespace(model=b"pieces")),
        sample_inputs=lambda text: {"text": f"{text} it's <mask>; $(reboot)"},
    )

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def answer(text):
        return {"score": tf.zeros(tf.shape(text))}

    write_assets(module, {"serving_default": answer.get_concrete_function()}, None, folder)
    return folder


def test_a_card_with_hostile_labels_is_the_same_document(written):
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse((written / CARD).read_text(encoding="utf-8"))
    kinds = [token.type for token in tokens]
    assert kinds.count("heading_open") == kinds.count("table_open") == kinds.count("fence") == 1
    assert "html_block" not in kinds and kinds.count("tr_open") == 2
    inline = [token for token in tokens if token.type == "inline"]
    assert not {"html_inline", "link_open", "em_open", "strong_open"} & {c.type for t in inline for c in t.children}
    [labels] = [token for token in inline if token.content.startswith("labels: ")]
    shown = [child.content.strip() for child in labels.children if child.type == "code_inline"]
    assert shown == [BROKEN.get(text, text) for text in (*HOSTILE, *BROKEN)] + [LABELS]


def test_the_sample_request_is_one_argument_of_a_shell(written):
    [block] = [t for t in MarkdownIt().parse((written / CARD).read_text(encoding="utf-8")) if t.type == "fence"]
    program, option, body, url = shlex.split(block.content)
    assert (program, option) == ("curl", "-d") and url.startswith("http://127.0.0.1:8501/")
    assert json.loads(body) == {"instances": [{"text": "The museum opens at nine. it's <mask>; $(reboot)"}]}


def test_each_label_has_its_line(written):
    labels = read_labels((written / LABELS).read_bytes().decode())
    assert labels == [*HOSTILE, "two lines", "two # lines", "bell\x07", ""]


def test_breaks_that_are_no_line_feeds_stay_in_a_label():
    assert read_labels("a\u2028b\nc\x85d\n") == ["a\u2028b", "c\x85d"]
    assert read_labels("made\nby hand") == ["made", "by hand"]
    assert read_labels("") == []

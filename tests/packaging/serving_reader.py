"""Someone who follows docs/guides/serving.md: small models under its names, and requests to a server."""

import contextlib
import json
import re
import shlex
import urllib.request

import keras
import pytest

import rembert_tf
from rembert_tf import RemBertConfig, RemBertTokenizerFast
from rembert_tf.cli.main import run
from rembert_tf.tasks.tagging.udpos import UdPos
from tests.golden import fixture
from tests.packaging.guide_files import VOCABULARY

REST, GRPC = "http://127.0.0.1:8501", "grpc://127.0.0.1:8500"
PREDICT = f"{REST}/v1/models/model:predict"
# The demo's, of whose answers the guide shows all six.
TOPICS = ["accounts", "administration", "dates", "documentation", "forms", "languages"]
MODELS = {
    "runs/demo/training/best": ("RemBertForSequenceClassification", {"id2label": dict(enumerate(TOPICS))}),
    "runs/udpos/best": ("RemBertForTokenClassification", {"id2label": dict(enumerate(UdPos.labels))}),
    "runs/tydiqa/best": ("RemBertForQuestionAnswering", {"num_labels": 2}),
    "runs/xcopa/best": ("RemBertForMultipleChoice", {}),
    "runs/mlm/best": ("RemBertForMaskedLM", {}),
    "runs/clm/best": ("RemBertForCausalLM", {"is_decoder": True}),
    "e5": ("RemBertForSequenceClassification", {}),  # any directory has an encoder
}


def make_models(folder):
    """Writes a small model with random weights for each directory that the guide exports."""
    tokenizer = RemBertTokenizerFast.from_pretrained(str(fixture(VOCABULARY)))
    config = RemBertConfig(
        vocab_size=len(tokenizer),
        hidden_size=24,
        num_hidden_layers=1,
        num_attention_heads=2,
        input_embedding_size=8,
        output_embedding_size=12,
        intermediate_size=24,
        max_position_embeddings=384,
        initializer_range=0.2,
    )
    keras.utils.set_random_seed(0)
    for name, (model_class, fields) in MODELS.items():
        getattr(rembert_tf, model_class)(config.replace(**fields)).save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)


@contextlib.contextmanager
def serving_reader(folder, capsys, monkeypatch, appended):
    """Yields a ServingReader that types in a folder; `rembert serve` is answered by it."""
    pytest.importorskip("tensorflow_serving", reason="the serving extra is not installed")
    monkeypatch.chdir(folder)
    reader = ServingReader(capsys, appended)
    monkeypatch.setattr("rembert_tf.serving.server.serve_forever", reader.serve)
    with reader.servers:
        yield reader


class ServingReader:
    """Types the guide's commands; the server runs in this process, on ports of its own.

    Args:
        capsys: pytest's.
        appended: {command: what is written after it}.
    """

    def __init__(self, capsys, appended):
        self.capsys = capsys
        self._appended = appended
        self.servers = contextlib.ExitStack()
        self.server = None

    def serve(self, server, on_ready):
        """Stands in for `serve_forever`: begins, and leaves the terminal to the next command."""
        self.servers.close()
        self.server = self.servers.enter_context(server)
        on_ready(server)

    def type(self, line):
        """Runs a command and returns what it printed on standard output."""
        line = self.at_server(line.replace("$PREDICT", PREDICT))
        words = shlex.split(line)
        if words[0] == "curl":
            _, option, body, url = words
            assert option == "-d"
            with urllib.request.urlopen(url, body.encode()) as answer:
                return answer.read().decode()
        assert words[0] == "rembert"
        more = self._appended.get(words[1], "")
        self.capsys.readouterr()
        ended = run([*words[1:], *more.split()])
        printed = self.capsys.readouterr()
        assert ended == 0, f"{line}: {printed.err}"
        return printed.out

    def at_server(self, text):
        """Returns a text with the ports that the server really has."""
        if self.server is None:
            return text
        return text.replace(REST, self.server.rest_url).replace(GRPC, self.server.grpc_url)


def commands_and_outputs(block):
    """Yields (command, the text shown below it) of a console block."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def read_shown(output):
    """Returns a shown JSON answer; "..." at a list's end stands for more of the same."""
    return json.loads(output.replace("...", '"..."'))


def same_form(shown, found):
    """Whether an answer has the keys, types and lengths of the one shown."""
    if type(shown) is not type(found):
        return False
    if isinstance(shown, dict):
        return shown.keys() == found.keys() and all(same_form(shown[key], found[key]) for key in shown)
    if isinstance(shown, list):
        if shown and shown[-1] == "...":
            shown = shown[:-1] + [shown[0]] * (len(found) - len(shown) + 1)
        return len(shown) == len(found) and all(map(same_form, shown, found))
    return True

"""What tests of distillation share: files of several tasks, and teachers that were never trained."""

import numpy as np
import pytest

import rembert_tf
from rembert_tf.tokenization import tokenizer_json
from tests.tasks.finetune_task.scripted_runs import ROWS, TAGGED

LABELS = {"id2label": {0: "animal", 1: "colour"}, "problem_type": "single_label_classification"}
QUESTIONS = (
    '{"data": [{"paragraphs": [{"context": "The red dog sleeps in the blue house.", "qas": [{"id": "1", "question": '
    '"Where does it sleep?", "answers": [{"text": "blue house", "answer_start": 26}]}]}]}]}'
)
CHOICES = '{"prompt": "The dog is", "choices": ["red", "a number"], "label": 0}\n'


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """A folder with training and held-out files of every kind of task."""
    folder = tmp_path_factory.mktemp("data")
    texts = {
        "rows.csv": "text,label\n" + "".join(f"{text},{label}\n" for text, label in ROWS * 3),
        "dev.csv": "text,label\n" + "".join(f"{text},{label}\n" for text, label in ROWS),
        "several.csv": "text,label\n" + "".join(f"{text},{label}|short\n" for text, label in ROWS),
        "numbers.csv": "text,label\n" + "".join(f"{text},{len(text)}\n" for text, _ in ROWS),
        "others.csv": "text,label\na cat,animal\nthree,number\n",
        "texts.txt": "a horse\n\ngreen\nyellow\na goat\n",
        "many.txt": "a horse\ngreen\nyellow\na goat\n" * 30,
        "pairs.tsv": "a cat\tan animal\tentailment\nred\tan animal\tcontradiction\na dog\tred\tneutral\n",
        "tags.tsv": TAGGED * 3,
        "questions.json": QUESTIONS,
        "choices.jsonl": CHOICES * 4,
        "lines.txt": "the cat sat on the mat\n\nthe dog sat on the log\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="session")
def make_teacher(tmp_path_factory, text_config, small_tokenizer):
    """Returns a function that writes a model's directory; `opinions` is the deviation of a classifier's weights."""

    def make(name="RemBertForSequenceClassification", tokenizer=small_tokenizer, opinions=2, **changes):
        fields = LABELS if name == "RemBertForSequenceClassification" else {}
        config = text_config.replace(**{**fields, "num_hidden_layers": 3, "vocab_size": len(tokenizer), **changes})
        directory = tmp_path_factory.mktemp("teacher") / "model"
        model = getattr(rembert_tf, name)(config)
        if hasattr(model, "classifier"):
            model.classifier.kernel.assign(
                np.random.default_rng(1).normal(size=model.classifier.kernel.shape) * opinions
            )
        model.save_pretrained(directory)
        tokenizer.save_pretrained(directory)
        return directory

    return make


@pytest.fixture(scope="session")
def teacher(make_teacher):
    """A classifier of animals and colours with three blocks."""
    return make_teacher()


@pytest.fixture(scope="session")
def written_tokenizer(small_tokenizer):
    """What takes longest when a tokenizer is saved."""
    return tokenizer_json.tokenizer_json(small_tokenizer)


@pytest.fixture
def quick_saving(monkeypatch, written_tokenizer):
    """Saves tokenizers without what takes longest."""
    monkeypatch.setattr(tokenizer_json, "tokenizer_json", lambda *arguments: written_tokenizer)

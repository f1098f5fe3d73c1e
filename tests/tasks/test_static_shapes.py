"""Static shapes: full batches whose widths come from a short list, in every task, so that XLA compiles few steps."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rembert_tf import RemBertTokenizerFast
from rembert_tf.tasks.catalogue import TRAINED, get_task
from rembert_tf.tasks.choices.grouped_batches import GroupedBatches
from rembert_tf.tasks.finetune_task import finetune_task
from rembert_tf.tasks.pairs.examples import TextExamples
from rembert_tf.tasks.pairs.text_batches import text_batches
from rembert_tf.tasks.start import from_nothing
from rembert_tf.tasks.widths import FewWidths
from rembert_tf.training.settings import FinetuneSettings

ROOT = Path(__file__).parents[2]
LENGTHS = [3, 40, 1, 7, 90, 2, 25, 11, 60, 5, 33, 14, 1, 80, 9, 50, 2, 18, 4, 70, 6]
TEXTS = [" ".join(["a"] * length) for length in LENGTHS]
MAX_LENGTH, BATCH_SIZE = 100, 4
WIDTHS = {16, 24, 32, 48, 64, 96, 100}


def contents():
    """Returns {task: (file, text)} with a row for each of TEXTS."""
    paragraphs = [
        {"context": text, "qas": [{"id": str(row), "question": "who", "answers": [{"text": "a", "answer_start": 0}]}]}
        for row, text in enumerate(TEXTS)
    ]
    choices = [
        {"prompt": text, "choices": ["a", "b", "c"][: 2 + row % 2], "label": 0} for row, text in enumerate(TEXTS)
    ]
    tagged = {
        tag: "\n".join(text.replace(" ", "\n").replace("a", f"a\t{tag}") + "\n" for text in TEXTS) for tag in "XO"
    }
    questions = ("a.json", json.dumps({"data": [{"paragraphs": paragraphs}]}))
    return {
        "xnli": ("a.tsv", "".join(f"{text}\ta cat\tneutral\n" for text in TEXTS)),
        "pawsx": ("a.tsv", "".join(f"{text}\ta cat\t1\n" for text in TEXTS)),
        "udpos": ("a.tsv", tagged["X"]),
        "panx": ("a.tsv", tagged["O"]),
        **dict.fromkeys(("xquad", "mlqa", "tydiqa"), questions),
        "csv": ("a.csv", "text,label\n" + "".join(f"{text},{'ab'[row % 2]}\n" for row, text in enumerate(TEXTS))),
        "multiple-choice": ("a.jsonl", "".join(json.dumps(choice) + "\n" for choice in choices)),
        **dict.fromkeys(("mlm", "clm"), ("a.txt", "\n\n".join(TEXTS))),
    }


def batches_of(name, folder, tokenizer, batch_size=BATCH_SIZE):
    file, text = contents()[name]
    (folder / file).write_text(text)
    task = get_task(name)
    return task.batches(tokenizer, task.read([folder / file]), batch_size, MAX_LENGTH)


def rows_of(batches, seed, epoch):
    return [batch.tolist() for batch in batches._shuffled(seed, epoch)]


@pytest.mark.parametrize("name", TRAINED)
def test_shapes_come_from_a_short_list_and_every_row_is_seen(name, tmp_path, small_tokenizer):
    batches = batches_of(name, tmp_path, small_tokenizer)
    before = batches.steps_per_epoch
    batches.make_static(MAX_LENGTH)
    assert batches.steps_per_epoch == before
    shapes = {inputs["input_ids"].shape for inputs, _ in batches.training_dataset(epochs=2, seed=1)}
    assert {shape[0] for shape in shapes} == {BATCH_SIZE}
    assert {shape[-1] for shape in shapes} <= WIDTHS
    for epoch in range(2):
        rows = rows_of(batches, 1, epoch)
        assert len(rows) == batches.steps_per_epoch
        assert {row for batch in rows for row in batch} == set(range(len(batches)))
        assert all(len(set(batch)) == BATCH_SIZE for batch in rows)


def test_labels_masks_and_positions_are_as_wide_as_the_inputs(tmp_path, small_tokenizer):
    for name, of_labels in {"udpos": 1.0, "clm": 1.0, "mlm": 0.15}.items():
        batches = batches_of(name, tmp_path, small_tokenizer)
        batches.make_static(MAX_LENGTH)
        for inputs, labels in batches.training_dataset(1, 0):
            batch, width = inputs["input_ids"].shape
            assert labels.shape == (batch, round(of_labels * width))
            for name in ("attention_mask", "token_type_ids"):
                assert inputs[name].shape == (batch, width)


@pytest.mark.parametrize("name", ["csv", "multiple-choice", "mlm"])
def test_resuming_at_any_step_gives_the_same_batches(name, tmp_path, small_tokenizer):
    def arrays(skip_steps):
        batches = batches_of(name, tmp_path, small_tokenizer)
        batches.make_static(MAX_LENGTH)
        found = batches.training_dataset(2, 5, skip_steps)
        return [{**inputs, "labels": labels} for inputs, labels in found.as_numpy_iterator()]

    whole = arrays(0)
    for skipped in (1, len(whole) // 2, len(whole) - 1):
        rest = arrays(skipped)
        assert len(rest) == len(whole) - skipped
        for ours, theirs in zip(rest, whole[skipped:], strict=True):
            assert ours.keys() == theirs.keys()
            for key, value in ours.items():
                np.testing.assert_array_equal(value, theirs[key])


def test_other_seeds_and_epochs_fill_up_with_other_rows(tmp_path, small_tokenizer):
    batches = batches_of("csv", tmp_path, small_tokenizer)
    batches.make_static(MAX_LENGTH)

    def twice(seed, epoch):
        rows = [row for batch in rows_of(batches, seed, epoch) for row in batch]
        return {row for row in rows if rows.count(row) == 2}

    found = [twice(seed, epoch) for seed in range(3) for epoch in range(3)]
    assert {len(rows) for rows in found} == {3}  # 21 rows are 5 batches of 4 and one row
    assert len(set(map(frozenset, found))) > 4
    assert found[0] == twice(0, 0)


@pytest.mark.parametrize("rows", [1, 3, 4, 5, 8])
def test_fewer_rows_than_a_batch_make_one_of_their_own_size(rows):
    batches = GroupedBatches([0] * rows + [1] * 9, [5] * (rows + 9), None, BATCH_SIZE)
    batches.make_static(8)
    sizes = sorted({len(batch) for batch in batches._shuffled(0, 0)})
    assert sizes == sorted({min(rows, BATCH_SIZE), BATCH_SIZE})
    assert {row for batch in batches._shuffled(0, 0) for row in batch} == set(range(rows + 9))


def test_without_it_batches_follow_their_rows(small_tokenizer):
    labels = np.zeros(len(TEXTS), "int32")
    batches = text_batches(small_tokenizer, TextExamples(TEXTS, labels=labels), BATCH_SIZE, MAX_LENGTH, True)
    longest = batches.lengths.max()
    for _ in range(2):
        shapes = [inputs["input_ids"].shape for inputs, _ in batches.training_dataset(1, 0)]
        assert sorted(size for size, _ in shapes) == [1, 4, 4, 4, 4, 4]
        for rows, (_, width) in zip(batches._shuffled(0, 0), shapes, strict=True):
            assert width == min(-(-batches.lengths[rows].max() // 8) * 8, longest)


@pytest.mark.parametrize("max_length", [1, 8, 16, 17, 100, 128, 384, 512, 700])
def test_the_list_of_widths_is_short_and_wastes_at_most_a_third(max_length):
    widths = FewWidths(max_length)
    for length in range(1, max_length + 1):
        width = widths(length)
        assert length <= width <= max_length
        assert width <= max(16, 1.5 * (length - 1), length)
    assert len(widths.widths) <= 12
    assert list(widths.widths) == sorted(set(widths.widths))


def test_the_decision_is_part_of_a_run(text_config, small_vocabulary, tmp_path):
    (tmp_path / "a.csv").write_text(
        "text,label\n" + "".join(f"{text},{'ab'[row % 2]}\n" for row, text in enumerate(TEXTS))
    )
    files = [tmp_path / "a.csv"], [tmp_path / "a.csv"]
    start = from_nothing(text_config.replace(num_hidden_layers=1), small_vocabulary)
    said = {}
    for name, chosen in (("automatic", "auto"), ("static", True)):
        settings = FinetuneSettings(max_steps=1, batch_size=4, max_length=16, static_shapes=chosen)
        finetune_task(get_task("csv"), start, *files, tmp_path / name, settings)
        said[name] = json.loads((tmp_path / name / "run.json").read_text())["static_shapes"]
    import tensorflow as tf

    assert said == {"automatic": bool(tf.config.list_logical_devices("GPU")), "static": True}


@pytest.mark.parametrize(
    ("device", "xla", "static"),
    [("GPU", "auto", True), ("GPU", True, True), ("GPU", False, False), ("TPU", False, True), ("none", "auto", False)],
)
def test_shapes_are_static_where_they_are_compiled(monkeypatch, device, xla, static):
    import tensorflow as tf

    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: [kind] if kind == device else [])
    assert FinetuneSettings(xla=xla).decided().static_shapes is static


# XLA leaves a file for each module that it compiles.
TRAIN = """
import sys
import numpy as np
from rembert_tf import RemBertConfig, RemBertForSequenceClassification
from tests.tasks.test_static_shapes import batches_to_compile

batches = batches_to_compile(sys.argv[1], static=True)
widths = dict(hidden_size=8, input_embedding_size=4, intermediate_size=8, output_embedding_size=4)
model = RemBertForSequenceClassification(
    RemBertConfig(vocab_size=9000, num_hidden_layers=1, num_attention_heads=2, max_position_embeddings=24, **widths)
)
traced = []

class Counted(type(model)):
    def compute_loss(self, *arguments, **more):
        traced.append(1)
        return super().compute_loss(*arguments, **more)

model.__class__ = Counted
model.compile("sgd", jit_compile=True)
model.fit(batches.training_dataset(2, 0), epochs=1, steps_per_epoch=10, shuffle=False, verbose=0)
print(len(traced))
"""


def batches_to_compile(vocabulary, static):
    texts = [" ".join(["a"] * (1 + 7 * row % 29)) for row in range(18)]
    examples = TextExamples(texts, labels=np.zeros(18, "int32"))
    batches = text_batches(RemBertTokenizerFast.from_pretrained(vocabulary), examples, 4, 24, True)
    if static:
        batches.make_static(24)
    return batches


@pytest.mark.slow
def test_xla_compiles_a_step_for_each_width_and_no_more(small_vocabulary, tmp_path, monkeypatch):
    shapes = {}
    for static in (True, False):
        dataset = batches_to_compile(small_vocabulary, static).training_dataset(2, 0)
        shapes[static] = {tuple(inputs["input_ids"].shape) for inputs, _ in dataset}
    assert shapes[True] == {(4, 16), (4, 24)}
    assert len(shapes[False]) > 2
    monkeypatch.setenv("XLA_FLAGS", f"--xla_dump_to={tmp_path} --xla_dump_hlo_as_text")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    done = subprocess.run([sys.executable, "-c", TRAIN, small_vocabulary], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) <= 2
    assert len(list(tmp_path.glob("*one_step_on_data*before_optimizations.txt"))) == 2

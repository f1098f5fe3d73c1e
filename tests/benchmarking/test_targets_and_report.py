"""From given times to the tables: which target is met, which is missed, what is printed."""

import json

import pytest

from rembert_tf.benchmarking.flops import encoder_flops, matmul_flops
from rembert_tf.benchmarking.measuring import Measurement
from rembert_tf.benchmarking.plan import COMPILED, EAGER, GRAPH_TOKENIZER, OURS, PREDICT, TENSORFLOW, TOKENIZERS
from rembert_tf.benchmarking.report import as_json, label_agreement, markdown
from rembert_tf.benchmarking.settings import PARTS, BenchSettings
from rembert_tf.benchmarking.targets import Outcome, verdicts

MACHINE = {
    "processor": "A Processor",
    "flags": ["avx2"],
    "cores": 2,
    "memory_gb": 8.0,
    "system": "Linux",
    "python": "3.11",
    "versions": {"tensorflow": "2.20.0"},
    "peer_versions": {"torch": "2.13.0"},
    "load_before": 0.1,
    "load_after": 1.9,
    "others": 0.0,
    "quiet": True,
}
SETTINGS = BenchSettings(parts=PARTS, dtypes=("bfloat16", "float32"), threads=2)
FIELDS = {"num_hidden_layers": 4}


def measured(part, variant, candidate, result=None, peak=None, **times):
    return [
        Measurement(part, variant, case, candidate, seconds, seconds, seconds, 9, peak, result)
        for case, seconds in times.items()
    ]


def outcome(*measurements, weights=None, **machine):
    rows = [row for part in measurements for row in part]
    return Outcome({**MACHINE, **machine}, SETTINGS, FIELDS, rows, {}, weights or {}, {"news": ["a", "b"]})


def found(*measurements, **more):
    return {(v.what, v.against): v for v in verdicts(outcome(*measurements, **more))}


def test_a_mean_over_shapes_decides_and_the_better_mode_of_each_counts():
    rows = found(
        measured("forward", "bfloat16", OURS, **{"1x32": 1.0, "8x128": 2.0}),
        measured("forward", "bfloat16", PREDICT, **{"1x32": 2.0, "8x128": 8.0}),
        measured("forward", "bfloat16", EAGER, **{"1x32": 3.0, "8x128": 6.0}),
        measured("forward", "bfloat16", COMPILED, **{"1x32": 4.0, "8x128": 1.5}),
    )
    forward = rows["forward, bfloat16", "PyTorch's better mode"]
    assert forward.parts == {"1x32": 3.0, "8x128": 0.75}
    assert forward.ratio == pytest.approx(1.5)  # the square root of 3 x 0.75
    assert forward.met
    predict = rows["`model.predict`, bfloat16", "PyTorch's better mode"]
    assert predict.ratio == pytest.approx((1.5 * 0.1875) ** 0.5)
    assert not predict.met
    assert len(rows) == 2  # nothing is said of what was not measured


def test_share_of_the_peak():
    flops = encoder_flops(FIELDS, 8, 128)
    rows = found(
        measured("peak", "", TENSORFLOW, **{"bfloat16 10x10x10 MatMul": 1.0, "bfloat16 100x100x100 MatMul": 1.0}),
        measured("peak", "", TENSORFLOW, **{"float32 1000x1000x1000 MatMul": 1.0}),
        measured("forward", "bfloat16", OURS, **{"8x128": flops / 1.5e6}),
    )
    (verdict,) = rows.values()
    assert verdict.ratio == pytest.approx(0.75)  # of 2 million operations a second
    assert not verdict.met


def test_texts_beside_both_orders():
    rows = found(
        measured("text", "bfloat16", OURS, news=1.0, help=1.0),
        measured("text", "bfloat16", EAGER, **{"news": 2.0, "help": 4.5, "news, sorted": 1.0, "help, sorted": 1.0}),
    )
    padded, by_length = rows.values()
    assert (padded.ratio, padded.met) == (pytest.approx(3.0), True)
    assert (by_length.ratio, by_length.met) == (pytest.approx(1.0), False)
    assert by_length.parts == {"news": 1.0, "help": 1.0}


def test_training_tokenization_and_start():
    rows = found(
        measured("training", "float32", OURS, **{"8x128": 2.0}),
        measured("training", "float32", EAGER, **{"8x128": 2.0}),
        measured("tokenization", "", GRAPH_TOKENIZER, news=1.0),
        measured("tokenization", "", TOKENIZERS, news=1.5),
        measured("start", "float32", OURS, result=500, peak=1900, **{"first answer": 3.0}),
        measured("start", "float32", EAGER, **{"first answer": 6.0}),
        weights={"float32": 1000},
    )
    assert {what: (round(v.ratio, 6), v.met) for (what, _), v in rows.items()} == {
        "fine-tuning step, float32": (1.0, True),
        "tokenization in the graph, 2 threads": (1.5, False),
        "load and first answer, full size, float32": (2.0, True),
        "memory of the first answer, full size, float32": (1.4, False),
    }


def test_growth_is_the_dearest_operation_beside_the_cheapest():
    costs = {"1x16": 99.0, "4x128": 1.0, "16x128": 1.4, "64x512": 1.2}  # 1x16 is bound by reading weights
    times = {case: cost * encoder_flops(FIELDS, *map(int, case.split("x"))) for case, cost in costs.items()}
    (verdict,) = found(measured("growth", "bfloat16", OURS, **times, **{"mixed 4": 9e99})).values()
    assert verdict.ratio == pytest.approx(1.4)
    assert verdict.met


def test_operations_are_those_of_the_matrix_products():
    assert matmul_flops("bfloat16 2x3x4 MatMul") == 48
    width, inner, tokens = 1152, 4608, 6
    by_hand = sum(
        2 * tokens * rows * columns
        for rows, columns in [(256, width)] + 4 * [(width, width)] * 4 + 4 * [(width, inner), (inner, width)]
    )
    by_hand += 4 * 2 * (2 * 2 * 3 * 3 * width)  # 4 blocks, 2 rows: scores and context
    assert encoder_flops(FIELDS, 2, 3) == by_hand


def test_markdown_says_what_was_met_and_what_was_missed():
    whole = outcome(
        measured("forward", "float32", OURS, peak=5_000_000, **{"1x32": 0.015, "8x128": 0.3}),
        measured("forward", "float32", EAGER, **{"1x32": 0.030, "8x128": 0.3}),
        measured("training", "float32", OURS, **{"8x128": 2.0}),
        measured("training", "float32", EAGER, **{"8x128": 1.0}),
    )
    text = markdown(Outcome(**{**vars(whole), "verdicts": verdicts(whole), "failed": {"text x": "no compiler"}}))
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert "| forward, float32 | PyTorch eager | >= 1.0 | 1.41 (1x32 2.00, 8x128 1.00) | met |" in rows
    assert "| fine-tuning step, float32 | PyTorch eager | >= 1.0 | 0.50 | **missed** |" in rows
    assert "| forward float32 | 1x32 | rembert-tf | 15.00 | 15.00 | 15.00 | 1.00 | 5 |" in rows
    assert "| forward float32 | 1x32 | transformers | 30.00 | 30.00 | 30.00 | 2.00 | - |" in rows
    assert "A Processor, 2 cores, 2 threads" in text and "peer torch 2.13.0" in text
    assert "not measured: text x: no compiler" in text
    assert "not quiet" not in text
    assert "was not quiet" in markdown(outcome(quiet=False))


def test_json_holds_every_number_but_no_texts():
    whole = outcome(measured("text", "bfloat16", OURS, result=["x", "y"], news=1.0))
    content = json.loads(as_json(whole))
    (row,) = content["measured"]
    assert (row["case"], row["median"], row["candidate"]) == ("news", 1.0, OURS)
    assert "result" not in row
    assert content["texts"] == {"news": 2}
    assert content["machine"]["processor"] == "A Processor"


def test_labels_are_compared_with_ours():
    rows = measured("text", "bfloat16", OURS, result=["a", "b", "a", "c"], news=1.0)
    rows += measured("text", "bfloat16", EAGER, result=["a", "b", "c", "c"], **{"news": 1.0, "news, sorted": 1.0})
    assert label_agreement(rows) == {"transformers, news": 0.75, "transformers, news, sorted": 0.75}


def test_pictures_are_drawn_of_what_there_is(tmp_path):
    from rembert_tf.benchmarking.inputs import growth_rows
    from rembert_tf.benchmarking.pictures import draw
    from rembert_tf.benchmarking.settings import SIZES

    assert draw(outcome(), tmp_path) == []
    times = {case: sum(lengths) / 7000 for case, lengths in growth_rows(SIZES["real"]).items()}
    whole = outcome(measured("growth", "bfloat16", OURS, **times))
    paths = draw(Outcome(**{**vars(whole), "verdicts": verdicts(whole)}), tmp_path)
    assert [path.name for path in paths] == ["bench-targets.png", "bench-growth.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)

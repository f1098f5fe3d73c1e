"""Tables and pictures, from numbers that are known."""

import dataclasses
import json

import pytest
from PIL import Image

from rembert_tf.experiments.outcome import Outcome, Row
from rembert_tf.experiments.pictures import draw
from rembert_tf.experiments.questions import QUESTIONS
from rembert_tf.experiments.scale import FULL
from rembert_tf.experiments.variants import make_variants

VARIANTS = make_variants(FULL, 16_000)


def outcome(question, runs):
    """Returns an Outcome of {variant: list of {metric: number}, one a seed}."""
    rows = [Row(VARIANTS[name], dict(enumerate(found))) for name, found in runs.items()]
    return Outcome(QUESTIONS[question], rows)


COUPLING = outcome(
    "coupling",
    {
        "coupled": [{"mlm_accuracy": 0.25, "pos_f1_en": 0.5}, {"mlm_accuracy": 0.35, "pos_f1_en": 0.5}],
        "decoupled": [{"mlm_accuracy": 0.4, "pos_f1_en": 0.7}, {"mlm_accuracy": 0.4, "pos_f1_en": 0.75}],
    },
)


def cells(markdown):
    """Returns the rows of the tables in Markdown, as lists of cells."""
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_table_of_variants():
    header, _, coupled, decoupled = cells(COUPLING.markdown())
    assert header[5:] == ["MLM accuracy", "UD-POS F1, en"]
    # The deviation of a sample: 0.1 / sqrt(2) and 0.05 / sqrt(2).
    assert coupled[5:] == ["30.0 ± 7.1", "50.0 ± 0.0"] and decoupled[5:] == ["40.0 ± 0.0", "72.5 ± 3.5"]
    assert coupled[:3] == ["coupled", "128, 128, 128", "4"]
    tables = [float(row[3].split()[0]) for row in (coupled, decoupled)]
    assert tables[1] - tables[0] == pytest.approx(16_000 * 128 / 1e6, abs=0.011)
    assert "mean ± deviation of 2 seeds" in COUPLING.markdown()


def test_one_seed_has_no_deviation():
    single = dataclasses.replace(COUPLING, rows=[Row(row.variant, {0: row.runs[0]}) for row in COUPLING.rows])
    assert cells(single.markdown())[2][5:] == ["25.0", "50.0"] and "one seed" in single.markdown()


def test_layers_that_only_some_have_leave_dashes():
    found = outcome(
        "layer-transfer",
        {
            "small-both": [{"tatoeba/layer 0": 0.1, "tatoeba/layer 1": 0.2, "tatoeba": 0.2, "tatoeba/de": 0.3}],
            "large-output": [{"tatoeba/layer 0": 0.5}],
        },
    )
    header, _, *rows = cells(found.markdown())
    assert header == ["layer", "Tatoeba: small-both", "Tatoeba: large-output"]
    assert rows == [["0", "10.0", "50.0"], ["1", "20.0", "-"]]


def test_languages_have_a_row_each():
    found = outcome(
        "pretraining",
        {
            "from-nothing": [{"pos_f1/de": 0.1, "pos_f1_others": 0.1, "tatoeba/layer 0": 0.0}],
            "pretrained": [{"pos_f1/de": 0.6, "mlm_accuracy/pt_BR": 0.3, "mlm_accuracy": 0.3, "tatoeba/layer 0": 0.2}],
        },
    )
    rows = cells(found.markdown())
    assert rows[0] == ["language", "MLM accuracy: pretrained", "UD-POS F1: from-nothing", "UD-POS F1: pretrained"]
    assert rows[2:4] == [["de", "-", "10.0", "60.0"], ["pt_BR", "30.0", "-", "-"]]
    assert rows[4] == ["mean, of UD-POS without en", "30.0", "10.0", "-"]
    assert rows[-1] == ["0", "0.0", "20.0"] and "The paper" not in found.markdown()


@pytest.mark.parametrize(
    "found",
    [
        COUPLING,
        outcome("layer-transfer", {"small-both": [{"probe_en/layer 0": 0.4, "probe_en/layer 1": 0.5}]}),
        outcome("pretraining", {"from-nothing": [{}], "pretrained": [{"mlm_accuracy/de": 0.3}]}),
    ],
    ids=lambda found: found.question.shows,
)
def test_pictures_are_drawn(found, tmp_path):
    with Image.open(draw(found, tmp_path / "picture.png")) as picture:
        assert picture.format == "PNG" and len(picture.convert("RGB").resize((200, 100)).getcolors(20_000)) > 20


def test_json_holds_every_run():
    found = json.loads(json.dumps(COUPLING.to_dict()))["variants"]["coupled"]
    assert found["runs"]["1"] == {"mlm_accuracy": 0.35, "pos_f1_en": 0.5}
    assert found["mean"]["mlm_accuracy"] == pytest.approx(0.3)
    assert found["parameters"]["pretraining"] == VARIANTS["coupled"].parameters[0]

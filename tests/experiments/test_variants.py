"""The models that are compared: widths and budgets as each question wants them."""

import pytest

from rembert_tf import RemBertForMaskedLM
from rembert_tf.cli.experiment import NAMES
from rembert_tf.errors import InputError
from rembert_tf.experiments.questions import ALL, QUESTIONS
from rembert_tf.experiments.scale import FULL, QUICK
from rembert_tf.experiments.settings import ExperimentSettings
from rembert_tf.experiments.variants import make_variants

VOCABULARY = 16_000
VARIANTS = make_variants(FULL, VOCABULARY)


def widths(name):
    config = VARIANTS[name].config
    return config.input_embedding_size, config.output_embedding_size


def test_every_question_compares_models_that_exist():
    assert set(NAMES) == {*QUESTIONS, ALL}
    assert {name for question in QUESTIONS.values() for name in question.variants} == set(VARIANTS)
    assert {variant.pretrained for variant in VARIANTS.values()} <= set(VARIANTS)


def test_output_widths_are_below_at_and_above_the_models():
    hidden = FULL.hidden
    assert widths("small-both")[1] < widths("small-input")[1] == hidden < widths("large-output")[1] == 4 * hidden
    assert {widths(name)[0] for name in ("small-both", "small-input", "large-output")} == {FULL.small}
    assert widths("small-output") == widths("small-input")[::-1]
    assert VARIANTS["small-both"].parameters[1] == VARIANTS["large-output"].parameters[1]


@pytest.mark.parametrize("name", ["more-hidden", "more-layers"])
def test_the_small_tables_weights_are_reinvested(name):
    budget, small, ours = (VARIANTS[each].parameters[1] for each in ("decoupled", "small-input", name))
    assert widths(name) == widths("small-input")
    assert small < 0.6 * budget and 0.8 * budget < ours <= budget


def test_dropped_layers_cost_what_the_wider_table_does():
    dropped, wide = VARIANTS["layers-dropped"], VARIANTS["small-input"]
    assert 0.9 * wide.parameters[0] < dropped.parameters[0] <= wide.parameters[0]
    assert dropped.parameters[1] == VARIANTS["small-both"].parameters[1]
    assert dropped.pretrained == VARIANTS["layers-kept"].pretrained


def test_counts_are_those_of_the_models():
    for variant in make_variants(QUICK, 600).values():
        model = RemBertForMaskedLM(variant.config)
        table = variant.config.vocab_size * variant.config.output_embedding_size
        assert variant.parameters[0] == model.count_params() - variant.coupled * table, variant.name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "colour"}, "there is no question 'colour': there are coupling, .*pretraining, and all"),
        ({"seeds": 0}, "seeds must be at least 1"),
        ({"languages_from_column": 3}, "must be 1 or 2"),
    ],
)
def test_impossible_settings_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        ExperimentSettings(**change)

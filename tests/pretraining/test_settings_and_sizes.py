"""The paper's numbers, what a run makes of them, and the named sizes."""

import pytest

from rembert_tf import RemBertConfig, RemBertForMaskedLM, RemBertModel
from rembert_tf.errors import InputError
from rembert_tf.pretraining.settings import PretrainSettings
from rembert_tf.pretraining.sizes import SIZES, config_of_size, parameter_counts
from rembert_tf.training.optimizer import WarmupLinearDecay


@pytest.mark.parametrize(
    ("asked", "steps"),
    [
        ({"max_steps": 1_760_000}, 15_000),  # the paper's
        ({"max_steps": 10_000}, 1_000),
        ({"max_steps": 7}, 1),
        ({"max_steps": 10_000, "warmup_steps": 0}, 0),
        ({"max_steps": 10_000, "warmup_steps": 3_333}, 3_333),
    ],
)
def test_warmup_is_the_papers_or_a_tenth(asked, steps):
    settings = PretrainSettings(**asked)
    assert settings.steps_of_warmup == steps
    loop = settings.of_loop()
    assert round(loop.warmup_ratio * loop.max_steps) == steps  # what the optimizer makes of it


def test_defaults_are_the_papers():
    settings = PretrainSettings()
    numbers = settings.learning_rate, settings.weight_decay, settings.clip_norm, settings.sampling_exponent
    assert numbers == (2e-4, 0.01, 1.0, 0.5)
    schedule = WarmupLinearDecay(settings.learning_rate, settings.steps_of_warmup, settings.max_steps)
    assert float(schedule(settings.steps_of_warmup)) == pytest.approx(2e-4)


@pytest.mark.parametrize(("steps", "every", "epochs"), [(10, 4, 3), (8, 4, 2), (3, 1000, 1)])
def test_an_evaluation_follows_each_group_of_steps_and_the_last(steps, every, epochs):
    settings = PretrainSettings(max_steps=steps, evaluate_every=every)
    assert settings.of_loop().epochs == epochs
    assert settings.of_loop().total_steps(settings.steps_per_epoch) == steps


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"max_steps": 0}, "max_steps must be a whole number of at least 1, not 0"),
        ({"max_steps": "9"}, "max_steps must be"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"warmup_steps": 10_001}, "warmup_steps must be none or a whole number from 0 to max_steps, 10000, not 10001"),
        ({"mask_rate": 1.0}, "mask_rate must be above 0 and below 1, not 1.0"),
        ({"sampling_exponent": 2}, "sampling_exponent must be from 0 to 1, not 2"),
        ({"sampling_exponent": float("nan")}, "sampling_exponent must be from 0 to 1, not nan"),
        ({"evaluate_rows": 0}, "evaluate_rows must be"),
        ({"learning_rate": float("inf")}, "learning_rate must be a positive number"),
        ({"accumulate_steps": 64}, "more than the batch_size 32"),
        ({"gradient_checkpointing": 1}, "gradient_checkpointing must be True or False"),
    ],
)
def test_impossible_settings_are_named(change, message):
    with pytest.raises(InputError, match=message):
        PretrainSettings(**change)


def test_counts_are_those_of_a_model(text_config):
    for config in (text_config, text_config.replace(num_hidden_layers=3, output_embedding_size=17)):
        counted = [sum(v.value.shape.num_elements() for v in model(config).weights) for model in _MODELS]
        assert parameter_counts(config) == tuple(counted)


_MODELS = (RemBertForMaskedLM, RemBertModel)


def test_sizes_are_what_they_say():
    assert config_of_size("rembert") == RemBertConfig()
    pretraining, kept = parameter_counts(RemBertConfig())
    assert abs(pretraining + 1152 * 1153 - 995e6) < 1e6 and abs(kept - 575e6) < 1e6  # paper, with the pooler
    base = parameter_counts(config_of_size("base").replace(vocab_size=120_000))
    assert base == pytest.approx((192e6, 100e6), rel=0.015)  # paper, table 3
    widths = [config_of_size(name) for name in SIZES]
    assert all(config.input_embedding_size < config.output_embedding_size for config in widths)

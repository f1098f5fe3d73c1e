"""The models that are compared, each a configuration, by name."""

import dataclasses

from rembert_tf.config import RemBertConfig
from rembert_tf.pretraining.sizes import parameter_counts

# New weights of the deeper models are drawn as RemBERT's own: as wide as the others' (about 1 / sqrt(width)), 11 layers
# learned in 1,000 steps how frequent pieces are, and nothing else.
DEEP_INITIALIZER = 0.02


@dataclasses.dataclass(frozen=True)
class Variant:
    """One of the models that are compared.

    Args:
        name: of its row in tables and of its folder.
        config: RemBertConfig of its pre-training.
        coupled: whether one table serves both ends.
        kept_layers: blocks that stay after pre-training; None means all.
        source: name of the variant whose pre-training it goes on from; its own where nobody shares it.
        steps_factor: how much longer its pre-training is than others'; 0 leaves its weights as they were drawn.
        one_pretraining: whether all seeds go on from that of the first.
    """

    name: str
    config: RemBertConfig
    coupled: bool = False
    kept_layers: int | None = None
    source: str | None = None
    steps_factor: int = 1
    one_pretraining: bool = False

    @property
    def pretrained(self):
        """Name of the folder of its pre-training."""
        return self.source or self.name

    @property
    def parameters(self):
        """(weights in pre-training, those of them that fine-tuning keeps, with a pooler)."""
        config = self.config
        in_pretraining, kept = parameter_counts(config)
        if self.coupled:
            in_pretraining -= config.vocab_size * config.output_embedding_size
        if self.kept_layers is not None:
            kept = parameter_counts(config.replace(num_hidden_layers=self.kept_layers))[1]
        return in_pretraining, kept


def make_variants(scale, vocab_size):
    """Returns {name: Variant} of all models of all questions.

    Args:
        scale: a Scale.
        vocab_size: tokens of the tokenizer.
    """
    middle = _config(scale, vocab_size)
    small_both = _widths(middle, scale.small, scale.small)
    small_input = _widths(middle, scale.small, scale.hidden)
    large_output = _widths(middle, scale.small, scale.large)
    # As many weights in pre-training as `small-input` has in its wider output table.
    taller = _most_layers(small_both, parameter_counts(small_input)[0], which=0)
    kept = parameter_counts(middle)[1]
    found = [
        Variant("coupled", middle, coupled=True),
        Variant("decoupled", middle),
        Variant("small-output", _widths(middle, scale.hidden, scale.small)),
        Variant("small-both", small_both),
        Variant("small-input", small_input),
        Variant("large-output", large_output),
        Variant("more-hidden", _most_hidden(small_input, kept, scale)),
        Variant("more-layers", _most_layers(small_input, kept, which=1)),
        Variant("layers-kept", taller),
        Variant("layers-dropped", taller, kept_layers=scale.layers, source="layers-kept"),
        Variant("from-nothing", small_input, steps_factor=0),
        Variant("pretrained", small_input, steps_factor=scale.long_factor, one_pretraining=True),
    ]
    return {variant.name: variant for variant in found}


def _config(scale, vocab_size):
    return RemBertConfig(
        vocab_size=vocab_size,
        num_hidden_layers=scale.layers,
        input_embedding_size=scale.hidden,
        output_embedding_size=scale.hidden,
        max_position_embeddings=scale.max_length,
        **_hidden(scale.hidden, scale),
    )


def _hidden(width, scale):
    """Returns the fields that follow from the width of the model."""
    return {
        "hidden_size": width,
        "num_attention_heads": width // scale.head_width,
        "intermediate_size": 4 * width,
        "initializer_range": round(width**-0.5, 3),  # as in rembert_tf.pretraining.sizes
    }


def _widths(config, input_width, output_width):
    return config.replace(input_embedding_size=input_width, output_embedding_size=output_width)


def _most_layers(config, budget, which):
    """Returns a configuration with as many layers as have no more weights than the budget.

    Args:
        config: with the fewest layers.
        budget: weights.
        which: 0 counts those in pre-training, 1 those that are kept.
    """
    layers = config.num_hidden_layers
    while parameter_counts(config.replace(num_hidden_layers=layers + 1))[which] <= budget:
        layers += 1
    return config.replace(num_hidden_layers=layers, initializer_range=DEEP_INITIALIZER)


def _most_hidden(config, budget, scale):
    """Returns a configuration that keeps as wide a model as has no more weights than the budget, head by head."""
    wider = config.replace(**_hidden(config.hidden_size + scale.head_width, scale))
    return config if parameter_counts(wider)[1] > budget else _most_hidden(wider, budget, scale)

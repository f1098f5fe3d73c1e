"""What a benchmark measures, and of which sizes."""

import dataclasses

# In the order in which they run.
PEAK, FORWARD, TEXT, TRAINING = "peak", "forward", "text", "training"
TOKENIZATION, GROWTH, START = "tokenization", "growth", "start"
PARTS = (PEAK, FORWARD, TEXT, TRAINING, TOKENIZATION, GROWTH, START)
QUICK = (FORWARD, TEXT)
ALL = tuple(part for part in PARTS if part != START)

FLOAT32, BFLOAT16 = "float32", "bfloat16"
# Of a classifier's rows, as the tables of the paper's tasks have them.
MAX_LENGTH = 128
BATCH_SIZE = 64


@dataclasses.dataclass(frozen=True)
class Size:
    """A model's widths, and the shapes that it is measured with.

    Args:
        fields: of RemBertConfig, beside the number of layers.
        shapes: (batch, length) of the dense forward passes.
        training: (batch, length) of the step of training.
        lengths: of the plot of cost growth.
        batches: of the plot of cost growth.
        matmuls: (n, k, m) of the products that give the machine's peak.
        full: fields of the model whose start is measured.
    """

    fields: dict
    shapes: tuple
    training: tuple
    lengths: tuple
    batches: tuple
    matmuls: tuple
    full: dict


TINY = {
    "input_embedding_size": 16,
    "output_embedding_size": 16,
    "hidden_size": 32,
    "num_attention_heads": 2,
    "intermediate_size": 64,
}
SIZES = {
    "real": Size(
        fields={},
        shapes=((1, 32), (8, 128), (2, 512)),
        training=(8, 128),
        lengths=(16, 32, 64, 128, 256, 512),
        batches=(1, 4, 16, 64),
        matmuls=((2048, 2048, 2048), (1024, 1152, 4608)),
        full={"vocab_size": 250300, "num_hidden_layers": 32},
    ),
    # To try the command: its figures mean nothing.
    "tiny": Size(
        fields=TINY,
        shapes=((1, 8), (2, 16)),
        training=(2, 16),
        lengths=(8, 16),
        batches=(1, 2),
        matmuls=((64, 64, 64),),
        full={**TINY, "num_hidden_layers": 2},
    ),
}


@dataclasses.dataclass(frozen=True)
class BenchSettings:
    """What is asked of a benchmark.

    Args:
        parts: which of `PARTS`.
        dtypes: number types, the fastest on this machine first.
        peer_python: an interpreter with torch and transformers, or None.
        garden: whether Model Garden's encoder takes part.
        predict: whether `model.predict` takes part.
        texts: paths of text files; none means made-up texts.
        text_count: texts of each file.
        sentencepiece: path of a vocabulary, or None, which trains one on the texts.
        threads: cores that each candidate may use.
        repeats: rounds that count.
        size: name in `SIZES`.
        layers: of the model, but for the part `start`.
    """

    parts: tuple
    dtypes: tuple
    peer_python: str | None = None
    garden: bool = False
    predict: bool = False
    texts: tuple = ()
    text_count: int = 256
    sentencepiece: str | None = None
    threads: int = 1
    repeats: int = 9
    size: str = "real"
    layers: int = 4

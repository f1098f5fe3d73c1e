"""Which candidates stand side by side in each part."""

from rembert_tf.benchmarking.inputs import TEXTS
from rembert_tf.benchmarking.measuring import Group
from rembert_tf.benchmarking.settings import (
    BATCH_SIZE,
    BFLOAT16,
    FORWARD,
    GROWTH,
    MAX_LENGTH,
    PEAK,
    START,
    TEXT,
    TOKENIZATION,
    TRAINING,
)
from rembert_tf.benchmarking.worker_process import Candidate

OURS, LEAN, PREDICT, GARDEN = "rembert-tf", "rembert-tf, cpu-lean", "model.predict", "Model Garden"
EAGER, COMPILED = "transformers", "transformers, torch.compile"
TOKENIZERS, GRAPH_TOKENIZER, LIST_TOKENIZER = "tokenizers", "RemBertTokenizerFast", "RemBertTokenizer"
TENSORFLOW, TORCH = "TensorFlow", "PyTorch"
SORTED = ", sorted"  # behind the name of texts whose batches were sorted by length
PREDICTED_BATCHES = 8
TOKENIZER_BATCH, TOKENIZER_PASSES = 256, 16
SLOW_REPEATS = 3
GROWTH_REPEATS = 5


class Plan:
    """The groups of a benchmark.

    Args:
        settings: BenchSettings.
        size: the Size that they name.
        folder: Path with the inputs and the models; the full-size ones lie in its folder `full`.
    """

    def __init__(self, settings, size, folder):
        self.settings, self.size, self.folder = settings, size, folder
        self.peer = settings.peer_python

    def groups(self):
        """Yields every Group that the settings ask for, in order."""
        makers = {
            PEAK: self._peak,
            FORWARD: self._forward,
            TEXT: self._text,
            TRAINING: self._training,
            TOKENIZATION: self._tokenization,
            GROWTH: self._growth,
            START: self._start,
        }
        for part, make in makers.items():
            if part in self.settings.parts:
                yield from make()

    def _group(self, part, variant, ours, peers, repeats=None, warmup=2):
        """Returns a Group of our candidates, and of the peer's where there is an interpreter for them."""
        candidates = [*ours, *(peers if self.peer else [])]
        return Group(part, variant, candidates, min(repeats or self.settings.repeats, self.settings.repeats), warmup)

    def _of_peer(self, name, file, function, **settings):
        return Candidate(name, file, function, settings, python=self.peer)

    def _path(self, *parts):
        return str(self.folder.joinpath(*parts))

    def _peak(self):
        shapes = {"shapes": self.size.matmuls, "dtypes": list(self.settings.dtypes)}
        ours = [Candidate(TENSORFLOW, "matmul_tensorflow", "multiply", shapes)]
        yield self._group(PEAK, "", ours, [self._of_peer(TORCH, "torch_matmul", "multiply", **shapes)])

    def _forward(self):
        batches = self._path(f"{FORWARD}.npz")
        for dtype in self.settings.dtypes:
            directory = self._path("directory-float32")
            export = {"export": self._path(f"ids-{dtype}", "1"), "batches": batches}
            ours = [Candidate(OURS, "exported", "forward", export)]
            if dtype == BFLOAT16:
                lean = {**export, "export": self._path(f"lean-ids-{dtype}", "1")}
                ours.append(Candidate(LEAN, "exported", "forward", lean))
            same = {"directory": directory, "batches": batches}
            if self.settings.predict and dtype == BFLOAT16:
                asked = {**same, "policy": dtype, "count": PREDICTED_BATCHES}
                ours.append(Candidate(PREDICT, "keras_models", "predict", asked, calls=PREDICTED_BATCHES))
            if self.settings.garden:
                ours.append(Candidate(GARDEN, "garden", "forward", {**same, "dtype": dtype}))
            peers = [
                self._of_peer(name, "torch_models", "forward", dtype=dtype, compiled=compiled, **same)
                for name, compiled in ((EAGER, False), (COMPILED, True))
            ]
            yield self._group(FORWARD, dtype, ours, peers)

    def _text(self):
        dtype, same = self.settings.dtypes[0], {"texts": self._path(TEXTS), "batch_size": BATCH_SIZE}
        ours = [Candidate(OURS, "exported", "classify", {"export": self._path(f"text-{dtype}", "1"), **same})]
        asked = {"directory": self._path("directory-float32"), "dtype": dtype, "max_length": MAX_LENGTH, **same}
        yield self._group(TEXT, dtype, ours, [self._of_peer(EAGER, "torch_text", "classify", **asked)], warmup=1)

    def _training(self):
        same = {"directory": self._path("directory-float32"), "batches": self._path(f"{TRAINING}.npz")}
        for dtype in self.settings.dtypes:
            policy = "mixed_bfloat16" if dtype == BFLOAT16 else dtype
            ours = [Candidate(OURS, "keras_models", "training_step", {**same, "policy": policy})]
            peers = [self._of_peer(EAGER, "torch_models", "training_step", dtype=dtype, **same)]
            yield self._group(TRAINING, dtype, ours, peers)

    def _tokenization(self):
        same = {
            "directory": self._path("directory-float32"),
            "texts": self._path(TEXTS),
            "batch_size": TOKENIZER_BATCH,
            "passes": TOKENIZER_PASSES,
        }
        ours = [
            Candidate(GRAPH_TOKENIZER, "tokenization", "graph", same),
            Candidate(LIST_TOKENIZER, "tokenization", "python", same),
        ]
        yield self._group(TOKENIZATION, "", ours, [self._of_peer(TOKENIZERS, "torch_tokenization", "encode", **same)])

    def _growth(self):
        dtype = self.settings.dtypes[0]
        export = {"export": self._path(f"ids-{dtype}", "1"), "batches": self._path(f"{GROWTH}.npz")}
        yield self._group(GROWTH, dtype, [Candidate(OURS, "exported", "forward", export)], [], GROWTH_REPEATS, 1)

    def _start(self):
        for dtype in self.settings.dtypes:
            names = {OURS: "text", LEAN: "lean-text"} if dtype == BFLOAT16 else {OURS: "text"}
            ours = [
                Candidate(name, "exported", "first_answer", {"export": self._path("full", f"{kind}-{dtype}", "1")})
                for name, kind in names.items()
            ]
            directory = self._path("full", f"directory-{dtype}")
            peers = [self._of_peer(EAGER, "torch_models", "first_answer", directory=directory, dtype=dtype)]
            yield self._group(START, dtype, ours, peers, SLOW_REPEATS, 0)

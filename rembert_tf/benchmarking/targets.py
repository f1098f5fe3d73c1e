"""What is aimed at, and whether it was reached: ratios of medians, geometric means over shapes or texts."""

import dataclasses
import statistics

from rembert_tf.benchmarking.flops import encoder_flops, matmul_flops
from rembert_tf.benchmarking.inputs import MIXED
from rembert_tf.benchmarking.plan import COMPILED, EAGER, GRAPH_TOKENIZER, LEAN, OURS, PREDICT, SORTED, TOKENIZERS
from rembert_tf.benchmarking.settings import (
    BFLOAT16,
    FLOAT32,
    FORWARD,
    GROWTH,
    PEAK,
    SIZES,
    START,
    TEXT,
    TOKENIZATION,
    TRAINING,
)

MOST_MEMORY = 1.3  # of the weights' bytes
# The dearest product of a batch may cost this much more for a floating-point operation than the cheapest one.
MOST_SPREAD = 1.5
# Smaller batches are bound by reading the weights, not by what they compute.
LEAST_TOKENS = 512


@dataclasses.dataclass(frozen=True)
class Verdict:
    """One row of the table of targets.

    Args:
        what: that was measured.
        against: what it is compared with.
        target: that the ratio is to reach; at most, where `at_most`.
        ratio: measured.
        at_most: whether less is better.
        parts: {case: ratio} behind a mean.
    """

    what: str
    against: str
    target: float
    ratio: float
    at_most: bool = False
    parts: dict = dataclasses.field(default_factory=dict)

    @property
    def met(self):
        return self.ratio <= self.target if self.at_most else self.ratio >= self.target


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a benchmark found.

    Args:
        machine: dictionary of the machine and its load.
        settings: the BenchSettings.
        fields: of the measured model's configuration that are not the default.
        measured: list of Measurement.
        failed: {part, variant and candidate: reason}.
        weights: {number type: bytes of the full-size export's weights}.
        texts: {name: list of texts}.
        verdicts: list of Verdict.
    """

    machine: dict
    settings: object
    fields: dict
    measured: list
    failed: dict
    weights: dict
    texts: dict
    verdicts: list = dataclasses.field(default_factory=list)

    def medians(self, part, variant, candidate):
        """Returns {case: seconds} of a candidate."""
        wanted = (part, variant, candidate)
        return {m.case: m.median for m in self.measured if (m.part, m.variant, m.candidate) == wanted}


def verdicts(outcome):
    """Returns the Verdicts that the measurements allow: none where the other side was not measured."""
    found = [
        *_forward(outcome),
        *_peak(outcome),
        *_text(outcome),
        *_training(outcome),
        *_tokenization(outcome),
        *_start(outcome),
        *_growth(outcome),
    ]
    return [verdict for verdict in found if verdict is not None]


def compare(what, against, target, ours, theirs):
    """Returns a Verdict on how many times as fast ours is, over the cases of both; None where there are none.

    Args:
        what: of the Verdict.
        against: of the Verdict.
        target: of the Verdict.
        ours: {case: seconds}.
        theirs: {case: seconds}.
    """
    ratios = {case: theirs[case] / ours[case] for case in ours if case in theirs}
    if not ratios:
        return None
    return Verdict(what, against, target, statistics.geometric_mean(ratios.values()), parts=ratios)


def fastest(*sides):
    """Returns {case: the least seconds} of several sides."""
    cases = {case for side in sides for case in side}
    return {case: min(side[case] for side in sides if case in side) for case in cases}


def _forward(outcome):
    eager, compiled = (outcome.medians(FORWARD, BFLOAT16, name) for name in (EAGER, COMPILED))
    best = fastest(eager, compiled)
    ours, predict = (outcome.medians(FORWARD, BFLOAT16, name) for name in (OURS, PREDICT))
    yield compare("forward, bfloat16", "PyTorch's better mode", 1.0, ours, best)
    lean = outcome.medians(FORWARD, BFLOAT16, LEAN)
    yield compare("forward, bfloat16, cpu-lean", "PyTorch's better mode", 1.0, lean, best)
    plain = outcome.medians(FORWARD, FLOAT32, EAGER)
    yield compare("forward, float32", "PyTorch eager", 1.0, outcome.medians(FORWARD, FLOAT32, OURS), plain)
    yield compare("`model.predict`, bfloat16", "PyTorch's better mode", 0.7, predict, best)


def _peak(outcome):
    """The share of the fastest matrix product that the middle dense shape reaches."""
    rates = [matmul_flops(m.case) / m.median for m in outcome.measured if m.part == PEAK and BFLOAT16 in m.case]
    shape = "x".join(map(str, SIZES[outcome.settings.size].shapes[1]))
    seconds = outcome.medians(FORWARD, BFLOAT16, OURS).get(shape)
    if rates and seconds:
        rate = encoder_flops(outcome.fields, *map(int, shape.split("x"))) / seconds
        against = f"fastest matmul, {max(rates) / 1e12:.2f} TFLOP/s"
        yield Verdict(f"forward, bfloat16, {shape}: share of the peak", against, 0.8, rate / max(rates))


def _text(outcome):
    dtype = outcome.settings.dtypes[0]
    ours, theirs = (outcome.medians(TEXT, dtype, name) for name in (OURS, EAGER))
    what = f"text to label, {dtype}"
    yield compare(what, "PyTorch, padded to the longest, file order", 2.5, ours, theirs)
    by_length = {case.removesuffix(SORTED): s for case, s in theirs.items() if case.endswith(SORTED)}
    yield compare(what, "PyTorch, batches sorted by length", 1.2, ours, by_length)


def _training(outcome):
    for dtype in (FLOAT32, BFLOAT16):
        sides = (outcome.medians(TRAINING, dtype, name) for name in (OURS, EAGER))
        yield compare(f"fine-tuning step, {dtype}", "PyTorch eager", 1.0, *sides)


def _tokenization(outcome):
    sides = (outcome.medians(TOKENIZATION, "", name) for name in (GRAPH_TOKENIZER, TOKENIZERS))
    what = f"tokenization in the graph, {outcome.settings.threads} threads"
    yield compare(what, "tokenizers", 2.0, *sides)


def _start(outcome):
    for dtype in outcome.settings.dtypes:
        theirs = outcome.medians(START, dtype, EAGER)
        for candidate in (OURS, LEAN):
            size = f"full size, {dtype}{candidate.removeprefix(OURS)}"
            ours = outcome.medians(START, dtype, candidate)
            yield compare(f"load and first answer, {size}", "PyTorch's from_pretrained", 1.0, ours, theirs)
            for m in outcome.measured:
                weights = outcome.weights.get(dtype)
                if (m.part, m.variant, m.candidate) == (START, dtype, candidate) and m.peak_bytes and weights:
                    share = (m.peak_bytes - m.result) / weights
                    what = f"memory of the first answer, {size}"
                    yield Verdict(what, "bytes of the weights", MOST_MEMORY, share, at_most=True)


def _growth(outcome):
    """How much dearer the dearest batch is than the cheapest, for an operation of its real tokens' work."""
    times = outcome.medians(GROWTH, outcome.settings.dtypes[0], OURS)
    costs = {}
    for case, seconds in times.items():
        if case.startswith(MIXED):
            continue
        batch, length = map(int, case.split("x"))
        if batch * length >= LEAST_TOKENS:
            costs[case] = seconds / encoder_flops(outcome.fields, batch, length)
    if len(costs) > 1:
        spread = max(costs.values()) / min(costs.values())
        what = f"cost of an operation from {LEAST_TOKENS} tokens on, dearest batch"
        yield Verdict(what, "cheapest batch", MOST_SPREAD, spread, at_most=True)

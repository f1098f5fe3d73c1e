"""Conversion of a checkpoint from any format that is read to any that is written."""

import math
import time

from rembert_tf.checkpoints_tools.conversion_check import check_written, published_check
from rembert_tf.checkpoints_tools.conversion_report import ConversionReport, Converted
from rembert_tf.checkpoints_tools.destination import check_destination, check_room, fresh_directory
from rembert_tf.checkpoints_tools.formats import READERS, WRITERS, module_of
from rembert_tf.checkpoints_tools.recognise import recognise
from rembert_tf.checkpoints_tools.source import Request, WriteSettings
from rembert_tf.errors import InputError
from rembert_tf.weights.safetensors_writer import BYTES
from rembert_tf.weights.shard_plan import parse_size


def convert(
    src,
    dst,
    source=None,
    target="hf",
    config=None,
    sentencepiece=None,
    hidden_act=None,
    dtype=None,
    dry_run=False,
    verify=False,
    *,
    max_shard_size=None,
    overwrite=False,
    output_embedding=None,
    report=None,
):
    """Converts a checkpoint, one tensor at a time.

    Every variable of the source ends as converted, or named with the reason why it is not. The destination
    appears when all of it is written (and, with `verify`, proven); the source is only read.

    Args:
        src: path of the source: a folder, or the prefix of a TensorFlow checkpoint.
        dst: path of the destination, a directory that must not exist.
        source: `google`, `hf`, `bleurt`, `garden`, `bert`, or None to find out.
        target: `hf` (a model directory), `google` (a TF1 checkpoint) or `garden` (Model Garden's).
        config: path of the JSON file that describes the model, where it lies elsewhere.
        sentencepiece: path of the SentencePiece model, where it lies elsewhere.
        hidden_act: `gelu` (erf) or `gelu_new` (tanh), where the source's own word shall not count.
        dtype: float32, float16 or bfloat16; None means float32.
        dry_run: whether to stop before anything is written.
        verify: whether to read everything back, compare it bit for bit, and run the model by two implementations.
        max_shard_size: of a safetensors file, in bytes or as "2GB"; None means one file.
        overwrite: whether a checkpoint at `dst` is replaced.
        output_embedding: "VO" (a row a piece) or "OV", where a square output matrix leaves that open.
        report: called as `report(done, total, note)` with numbers of parameters, or None.

    Returns:
        A ConversionReport.

    Raises:
        MissingFileError: the source, or a part of it, does not exist.
        InputError: the source is damaged, contradicts itself, or is no RemBERT; or `dst` must not be written.
    """
    started = time.monotonic()
    _check(source, target, dtype, output_embedding, max_shard_size)
    check_destination(dst, src, overwrite)
    name = source or recognise(src)
    with module_of(name).open_source(src, Request(config, sentencepiece, hidden_act, output_embedding)) as opened:
        names, left_out = module_of(target).plan(opened)
        found = _planned(opened, names, left_out, src, dst, name, target, dtype or "float32", dry_run)
        check_room(dst, BYTES[found.dtype] * found.parameters)
        if not dry_run:
            shard = None if max_shard_size is None else parse_size(max_shard_size)
            _write(opened, names, found, shard, verify, report)
            found.seconds = time.monotonic() - started
    return found


def _planned(opened, names, left_out, src, dst, source, target, dtype, dry_run):
    """Returns the report of what is going to be written."""
    return ConversionReport(
        source=str(src),
        destination=str(dst),
        source_format=source,
        target=target,
        architecture=opened.architecture,
        config=opened.config.to_dict(),
        converted=[Converted(tensor.origin, to, opened.shape(tensor)) for tensor, to in names.items()],
        skipped=opened.skipped,
        left_out=left_out,
        decisions=opened.decisions,
        warnings=opened.warnings,
        vocabulary=None if opened.tokenizer is None else len(opened.tokenizer),
        dtype=dtype,
        dry_run=dry_run,
    )


def _write(opened, names, found, max_shard_size, verify, report):
    """Writes the destination and completes its report; a failed proof leaves no destination."""
    progress = _Progress(opened, found.parameters, report)
    with fresh_directory(found.destination) as folder:
        module_of(found.target).write(opened, folder, WriteSettings(progress, max_shard_size, found.dtype))
        found.files = {path.name: path.stat().st_size for path in sorted(folder.iterdir())}
        if verify:
            found.checks, found.passed = check_written(opened, names, folder, found.target, found.dtype, progress.again)
            if not found.passed:
                raise InputError(f"what was written differs from the source: {'; '.join(found.checks)}.")
        elif found.target == "hf":
            found.checks = published_check(folder, opened.tokenizer)


def _check(source, target, dtype, output_embedding, max_shard_size):
    _one_of("source", source, (None, *READERS))
    _one_of("target", target, WRITERS)
    _one_of("dtype", dtype, (None, *BYTES))
    _one_of("output_embedding", output_embedding, (None, "VO", "OV"))
    for name, value in (("dtype", dtype), ("max_shard_size", max_shard_size)):
        if target != "hf" and value not in (None, "float32"):
            raise InputError(f"{name} is for the target 'hf'; {target} checkpoints are float32 files.")


def _one_of(name, value, accepted):
    if value not in accepted:
        raise InputError(f"{name} must be one of {', '.join(filter(None, accepted))}, not {value!r}.")


class _Progress:
    """Called with each tensor; tells how many parameters are done."""

    def __init__(self, source, total, report):
        self._source, self._total, self._report, self._done = source, total, report, 0

    def __call__(self, tensor, note=""):
        self._done += math.prod(self._source.shape(tensor))
        if self._report is not None:
            self._report(min(self._done, self._total), self._total, note)

    def again(self, note):
        """Returns a function like this one, for another pass over all tensors."""
        self._done = 0
        return lambda tensor: self(tensor, note)

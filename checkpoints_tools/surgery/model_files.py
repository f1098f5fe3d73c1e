"""What every operation on model directories shares: their places, their tensors, the files beside them."""

import contextlib
import dataclasses
import functools
import math
import shutil
from pathlib import Path

from rembert_tf.checkpoints_tools.source import shape_of, table
from rembert_tf.config import CONFIG_FILE, RemBertConfig
from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.weights import safetensors_writer, shard_plan
from rembert_tf.weights.flavours import FLAVOURS, open_weights
from rembert_tf.weights.weight_rows import LABELS
from rembert_tf.weights.weight_table import PASSED_OVER, without_prefix

# Older files hold 0, 1, 2, ... under this name; it is no weight.
_BUFFER = "embeddings.position_ids"
# What may lie beside weights and stays true; weights of other libraries, for one, would not.
_COPIED_ENDINGS = (".json", ".txt", ".md", ".model", "")
_SHOWN_PROBLEMS = 10


@dataclasses.dataclass(frozen=True)
class OpenModel:
    """A model directory whose tensors can be read one by one.

    Args:
        directory: its path.
        config: its RemBertConfig, which the tensors fit.
        tensors: {name as the weight table has it: name in the file}.
        reader: of the weights.
    """

    directory: Path
    config: RemBertConfig
    tensors: dict
    reader: object

    def shape(self, name):
        """Returns a tensor's shape, by the table's name."""
        return tuple(self.reader.shape(self.tensors[name]))

    def read(self, name):
        """Returns a tensor as float32, by the table's name."""
        return self.reader.read(self.tensors[name])

    @property
    def parameters(self):
        """How many numbers the tensors hold."""
        return sum(math.prod(self.shape(name)) for name in self.tensors)


def check_places(directories, output):
    """Raises an InputError unless all directories exist and `output` is a new place outside of them."""
    for directory in directories:
        if "://" in str(directory):
            raise InputError(f"{str(directory)!r} is no local directory: copy it to a local disk first.")
        if not Path(directory).exists():
            raise MissingFileError(f"there is no model directory at {str(directory)!r}.")
        if not Path(directory).is_dir():
            raise InputError(f"{str(directory)!r} is a file; a model is a directory with {CONFIG_FILE} in it.")
    if "://" in str(output):
        raise InputError(f"cannot write into {str(output)!r}: give a local directory, and copy it there afterwards.")
    if Path(output).exists():
        raise InputError(f"{str(output)!r} exists already: choose another place, or remove it first.")
    for directory in directories:
        if Path(output).resolve().is_relative_to(Path(directory).resolve()):
            raise InputError(
                f"{str(output)!r} lies inside {str(directory)!r}, which stays as it is: choose a place outside."
            )


@contextlib.contextmanager
def open_model(directory):
    """Yields the OpenModel of a local directory.

    Raises:
        MissingFileError: it holds no configuration or no weights.
        InputError: they cannot be read or do not fit each other; the message lists what does not.
    """
    config = RemBertConfig.from_pretrained(directory)
    with open_weights(directory) as reader:
        tensors, problems = {}, []
        for name in reader.names():
            if tensors.setdefault(without_prefix(name), name) != name:
                problems.append(f"{name} is there both with and without a prefix")
        tensors.pop(_BUFFER, None)
        model = OpenModel(Path(directory), config, tensors, reader)
        problems += _misfits(model)
        if problems:
            shown = "; ".join(problems[:_SHOWN_PROBLEMS]) + ("; ..." if len(problems) > _SHOWN_PROBLEMS else "")
            raise InputError(f"the weights in {str(directory)!r} do not fit its {CONFIG_FILE}: {shown}.")
        yield model


def _misfits(model):
    """Yields what is missing, unknown, or of another shape than the configuration has it."""
    rows = {row.name: row for row in table(model.config)}
    for name, row in rows.items():
        if name not in model.tensors:
            if not row.optional:
                yield f"missing {name}"
        # How many labels a head scores depends on its class.
        elif LABELS not in row.shape and model.shape(name) != shape_of(row, model.config):
            yield f"{name} has shape {model.shape(name)} instead of {shape_of(row, model.config)}"
    for name in model.tensors:
        if name not in rows and not PASSED_OVER.match(name):
            yield f"unknown {name}"


def write_model(directory, config, tensors, max_shard_size=None, report=None):
    """Writes `config.json` and float32 weights.

    Args:
        directory: that `atomic_files.new_directory` yielded.
        config: a RemBertConfig.
        tensors: triples of a name, a shape and a function that returns the array, each called once.
        max_shard_size: the largest file of weights, in bytes or as "2GB"; None means one file.
        report: called as `report(done, total, note)` before each tensor, or None.

    Raises:
        InputError: the size is none.
    """
    shapes = {name: shape for name, shape, _ in tensors}
    files = shard_plan.plan_files(shapes, None if max_shard_size is None else shard_plan.parse_size(max_shard_size))
    by_name = {name: (name, shape, read) for name, shape, read in tensors}
    if report is not None:
        by_name = {
            name: (name, shape, functools.partial(_announced, read, report, done, len(tensors)))
            for done, (name, shape, read) in enumerate(tensors)
        }
    for file, names in files.items():
        safetensors_writer.write(directory / file, [by_name[name] for name in names])
    if len(files) > 1:
        (directory / shard_plan.INDEX_FILE).write_text(shard_plan.index_json(files, shapes), encoding="utf-8")
    # Whatever precision the source was stored in, this is float32.
    precision = {key: "float32" for key in ("dtype", "torch_dtype") if key in config.extra}
    text = config.replace(extra={**config.extra, **precision}).to_json()
    (directory / CONFIG_FILE).write_text(text, encoding="utf-8")


def _announced(read, report, done, total):
    report(done, total, "writing weights")
    return read()


def copy_other_files(source, directory, passed_over=()):
    """Copies the small files beside a model's weights that the new directory does not have yet.

    Args:
        source: the model directory.
        directory: the new one.
        passed_over: names of files that would contradict the new directory.

    Returns:
        Names of files that were not copied: weights in further forms, and what is in no text form.
    """
    left_out, weights = [], _files_of_weights(source)
    for file in sorted(Path(source).iterdir()):
        done = file.name in weights or (directory / file.name).exists()
        if done or not file.is_file() or file.name.startswith("."):
            continue
        if file.name in passed_over or file.name.endswith(".index.json") or file.suffix not in _COPIED_ENDINGS:
            left_out.append(file.name)
        else:
            shutil.copyfile(file, directory / file.name)
    return left_out


def _files_of_weights(directory):
    """Returns the names of the files that `open_weights` reads."""
    for flavour in FLAVOURS:
        if (Path(directory) / flavour.file).is_file():
            shards = Path(directory).glob(flavour.shards) if flavour.shards else ()
            return {flavour.file, *(path.name for path in shards)}
    return set()

"""A model directory with some of the encoder's blocks."""

import dataclasses
import functools
import re

from rembert_tf.checkpoints_tools.destination import fresh_directory
from rembert_tf.checkpoints_tools.surgery.model_files import check_places, copy_other_files, open_model, write_model
from rembert_tf.errors import InputError
from rembert_tf.verification.text_table import text_table
from rembert_tf.weights.shard_plan import parse_size

_BLOCK = re.compile(r"encoder\.layer\.(\d+)\.")


@dataclasses.dataclass(frozen=True)
class LayersReport:
    """What was kept.

    Args:
        directory, output: the model directories.
        layers: numbers of the kept blocks, from 0.
        num_hidden_layers, parameters: pairs (before, after).
        left_out: names of files that were not copied.
    """

    directory: str
    output: str
    layers: list
    num_hidden_layers: tuple
    parameters: tuple
    left_out: list

    def to_dict(self):
        """Returns what `--json` prints."""
        return dataclasses.asdict(self)

    def lines(self):
        """Returns lines for a terminal."""
        sizes = {"blocks": self.num_hidden_layers, "parameters": self.parameters}
        rows = [
            [name, f"{before:,}", f"{after:,}", f"{(before - after) / before:.1%}"]
            for name, (before, after) in sizes.items()
        ]
        lines = text_table(["", "before", "after", "saved"], rows)
        if self.left_out:
            lines.append(f"not copied: {', '.join(self.left_out)}")
        return [*lines, f"blocks {', '.join(map(str, self.layers))} written to {self.output}"]


def keep_layers(directory, output, layers, report=None, *, max_shard_size=None):
    """Writes a copy of a model directory with some of the encoder's blocks; all else stays.

    Args:
        directory: a local model directory.
        output: the new directory.
        layers: how many blocks to keep, from the first; or a list of their numbers, from 0, in rising order.
        report: called as `report(done, total, note)` while it runs, or None.
        max_shard_size: the largest file of weights, in bytes or as "2GB"; None means one file.

    Returns:
        A LayersReport.

    Raises:
        MissingFileError: there is no such directory, or no model in it.
        InputError: the model has no such blocks, the directory cannot be read, or `output` exists.
    """
    check_places([directory], output)
    if max_shard_size is not None:
        parse_size(max_shard_size)
    with open_model(directory) as model:
        chosen = _chosen_blocks(layers, model.config.num_hidden_layers)
        tensors = [
            (new_name, model.shape(name), functools.partial(model.read, name))
            for name, new_name in _renamed(model.tensors, chosen)
        ]
        config = model.config.replace(num_hidden_layers=len(chosen))
        with fresh_directory(output) as place:
            write_model(place, config, tensors, max_shard_size, report)
            left_out = copy_other_files(directory, place)
            with open_model(place) as result:
                parameters = (model.parameters, result.parameters)
    return LayersReport(
        directory=str(directory),
        output=str(output),
        layers=chosen,
        num_hidden_layers=(model.config.num_hidden_layers, len(chosen)),
        parameters=parameters,
        left_out=left_out,
    )


def _chosen_blocks(layers, there):
    """Returns the numbers of the blocks to keep."""
    if isinstance(layers, int) and not isinstance(layers, bool):
        if not 1 <= layers <= there:
            raise InputError(f"layers must be 1 to {there}, as many as the model has, not {layers}.")
        return list(range(layers))
    chosen = list(layers)
    if not chosen:
        raise InputError(f"name at least one layer to keep, from 0 to {there - 1}.")
    impossible = [number for number in chosen if not isinstance(number, int) or not 0 <= number < there]
    if impossible:
        raise InputError(f"the model has no layer {impossible[0]!r}: its layers are numbered 0 to {there - 1}.")
    if chosen != sorted(set(chosen)):
        raise InputError(f"layers must be named once each, in rising order, not {', '.join(map(str, chosen))}.")
    return chosen


def _renamed(tensors, chosen):
    """Yields (name as the table has it, new name in the file) of every tensor that stays."""
    new_number = {old: new for new, old in enumerate(chosen)}
    for name, in_file in tensors.items():
        block = _BLOCK.match(name)
        if block is None:
            yield name, in_file
        elif int(block[1]) in new_number:
            prefix = in_file.removesuffix(name)
            yield name, f"{prefix}encoder.layer.{new_number[int(block[1])]}.{name[block.end() :]}"

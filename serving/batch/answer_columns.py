"""An answer as columns, for files whose rows are no JSON."""

import json

from rembert_tf.errors import InputError

OUTPUT = "output."


def check_outputs(signature, output_format):
    """Raises an InputError unless all outputs of a signature have a number of dimensions, which a column needs."""
    unknown = [name for name, (_, rank) in signature.outputs.items() if not rank]
    if unknown:
        raise InputError(
            f"signature {signature.name!r} does not tell the shape of {unknown[0]!r}: write jsonl instead of "
            f"{output_format}."
        )


def columns_of(answer, with_ids):
    """Returns {column: value}: `file`, `row`, `id` as a string, `input` as JSON, and a column for each output.

    Args:
        answer: see `PartAnswers`.
        with_ids: whether rows have names.
    """
    return {
        "file": _text(answer["file"]),
        "row": answer["row"],
        **({"id": _text(str(answer["id"]))} if with_ids else {}),
        "input": _text(json.dumps(answer["input"], ensure_ascii=False)),
        **{f"{OUTPUT}{name}": value for name, value in answer["output"].items()},
    }


def _text(value):
    """Returns a string that is valid Unicode: half of a surrogate pair becomes a question mark."""
    return value.encode("utf-8", "replace").decode()

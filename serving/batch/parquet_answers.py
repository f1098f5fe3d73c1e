"""Answers as a Parquet file: the same columns in every part, whatever its rows hold."""

import io
import json

from rembert_tf.errors import InputError


def check_outputs(signature):
    """Raises an InputError unless all outputs of a signature have a number of dimensions, which a column needs."""
    unknown = [name for name, (_, rank) in signature.outputs.items() if not rank]
    if unknown:
        raise InputError(
            f"signature {signature.name!r} does not tell the shape of {unknown[0]!r}: write jsonl instead of parquet."
        )


def parquet_file(answered, signature, with_ids):
    """Returns the bytes of a Parquet file.

    Args:
        answered: list of answers; see `PartAnswers`.
        signature: their BatchSignature.
        with_ids: whether rows have names.

    The columns are `file`, `row`, `id` as a string, `input` as JSON, and a column for each output.
    """
    import pyarrow
    import pyarrow.parquet

    fields = [("file", pyarrow.string()), ("row", pyarrow.int64())]
    fields += [("id", pyarrow.string())] if with_ids else []
    fields += [("input", pyarrow.string())]
    fields += [(f"output.{name}", _type(*found)) for name, found in signature.outputs.items()]
    rows = [
        {
            **answer,
            **({"id": str(answer["id"])} if with_ids else {}),
            "file": answer["file"].encode("utf-8", "replace").decode(),
            "input": json.dumps(answer["input"], ensure_ascii=False).encode("utf-8", "replace").decode(),
            **{f"output.{name}": value for name, value in answer["output"].items()},
        }
        for answer in answered
    ]
    content = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, pyarrow.schema(fields)), content)
    return content.getvalue()


def _type(name, rank):
    import pyarrow

    kinds = {"string": pyarrow.string(), "float64": pyarrow.float64(), "bool": pyarrow.bool_()}
    found = pyarrow.float32() if name in ("float32", "float16", "bfloat16") else kinds.get(name, pyarrow.int64())
    for _ in range(rank - 1):
        found = pyarrow.list_(found)
    return found

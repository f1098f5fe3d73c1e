"""Answers as a Parquet file: the same columns in every part, whatever its rows hold."""

import io

from rembert_tf.serving.batch.answer_columns import OUTPUT, columns_of


def parquet_file(answered, signature, with_ids):
    """Returns the bytes of a Parquet file.

    Args:
        answered: list of answers; see `PartAnswers`.
        signature: their BatchSignature.
        with_ids: whether rows have names.

    Its columns are those of `columns_of`.
    """
    import pyarrow
    import pyarrow.parquet

    fields = [("file", pyarrow.string()), ("row", pyarrow.int64())]
    fields += [("id", pyarrow.string())] if with_ids else []
    fields += [("input", pyarrow.string())]
    fields += [(f"{OUTPUT}{name}", _type(*found)) for name, found in signature.outputs.items()]
    rows = [columns_of(answer, with_ids) for answer in answered]
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

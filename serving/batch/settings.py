"""What decides how files are answered."""

import dataclasses

from rembert_tf.errors import InputError

TEXT, CSV, TSV, JSON_LINES, PARQUET, RECORDS = "text", "csv", "tsv", "jsonl", "parquet", "tfrecord"
FORMATS = (TEXT, CSV, TSV, JSON_LINES, PARQUET, RECORDS)
OUTPUT_FORMATS = (JSON_LINES, PARQUET, RECORDS)


@dataclasses.dataclass(frozen=True)
class BatchSettings:
    """How rows become requests, and answers become files.

    Args:
        signature: of the SavedModel; None takes `serving_default`, or the only one.
        file_format: of all files; one of `text`, `csv`, `tsv`, `jsonl`, `parquet`, `tfrecord`. None goes by their
            endings.
        output_format: `jsonl`, `parquet` or `tfrecord`.
        columns: {input of the signature: column of the files}; an input that is not named has a column of its own
            name. An input that takes a list may have several columns, as a tuple.
        keep: columns that stand in the answers beside those that the model gets.
        id_column: the column that names a row; None leaves names out.
        batch_size: most rows that the model gets at once.
        part_rows: most rows of a part: what is read, answered and written by one worker at once.
    """

    signature: str | None = None
    file_format: str | None = None
    output_format: str = JSON_LINES
    columns: dict = dataclasses.field(default_factory=dict)
    keep: tuple = ()
    id_column: str | None = None
    batch_size: int = 64
    part_rows: int = 5000

    def __post_init__(self):
        for name in ("batch_size", "part_rows"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, not {getattr(self, name)}.")
        if self.file_format not in (None, *FORMATS):
            raise InputError(f"file_format must be one of {', '.join(FORMATS)}, not {self.file_format!r}.")
        if self.output_format not in OUTPUT_FORMATS:
            raise InputError(f"output_format must be one of {', '.join(OUTPUT_FORMATS)}, not {self.output_format!r}.")

    def identity(self):
        """Returns what decides the answers and where they stand, as an object for JSON: all but the batch size."""
        settings = dataclasses.asdict(self)
        del settings["batch_size"]
        return {
            **settings,
            "keep": list(self.keep),
            "columns": {name: list(_listed(found)) for name, found in sorted(self.columns.items())},
        }


def _listed(columns):
    return (columns,) if isinstance(columns, str) else columns

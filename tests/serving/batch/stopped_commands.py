"""Rows of a command that is stopped, and what lies in a folder."""

ROWS = 100
FILES = {"a.txt": "\n".join(f"text {number}" for number in range(ROWS)), "b.jsonl": [{"text": "b"}, {}, {"text": "c"}]}
SETTINGS = {"part_rows": 10, "batch_size": 4}


def contents(folder):
    """Returns {path below the folder: bytes}."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def paths_of(predicting):
    return [str(predicting.folder / name) for name in FILES]

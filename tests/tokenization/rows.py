"""What either engine returns, as plain lists."""


def lists(value):
    """Returns lists of tensors, ragged tensors, tuples, and dictionaries of them; bytes become strings."""
    if isinstance(value, dict):
        return {name: lists(rows) for name, rows in value.items()}
    if hasattr(value, "to_list"):
        value = value.to_list()
    elif hasattr(value, "numpy"):
        value = value.numpy()
        value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, (list, tuple)):
        return [lists(entry) for entry in value]
    return value.decode() if isinstance(value, bytes) else value


def ids(encoded):
    """Returns the ids of a call as lists."""
    return lists(encoded["input_ids"])

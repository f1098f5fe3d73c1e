"""What the pickle inside a `pytorch_model.bin` says: the names of tensors, and where their numbers lie."""

from typing import NamedTuple

from rembert_tf.errors import InputError
from rembert_tf.weights.pickle_machine import Global, Machine, UnreadablePickle

# torch's names of element types -> NumPy's.
STORAGES = {
    "torch.DoubleStorage": "float64",
    "torch.FloatStorage": "float32",
    "torch.HalfStorage": "float16",
    "torch.BFloat16Storage": "bfloat16",
    "torch.LongStorage": "int64",
    "torch.IntStorage": "int32",
    "torch.ShortStorage": "int16",
    "torch.CharStorage": "int8",
    "torch.ByteStorage": "uint8",
    "torch.BoolStorage": "bool",
}
# NumPy before 2 knows no more; torch itself has 64.
MOST_DIMENSIONS = 32


class Storage(NamedTuple):
    """A file of the archive, seen as numbers of one type.

    Args:
        dtype: NumPy's name of the type.
        key: name of the file below `data/`.
        elements: how many numbers it holds.
    """

    dtype: str
    key: str
    elements: int


class StoredTensor(NamedTuple):
    """A view of a storage that lies within it.

    Args:
        storage: a Storage.
        offset: of the first element, in elements.
        shape: of the tensor.
        strides: from one element to the next along each dimension, in elements.
    """

    storage: Storage
    offset: int
    shape: tuple
    strides: tuple

    @property
    def span(self):
        """Elements from the first to the last one of the tensor in its storage, both included."""
        if 0 in self.shape:
            return 0
        return 1 + sum((size - 1) * stride for size, stride in zip(self.shape, self.strides, strict=True))


def read_state_dict(content, path):
    """Returns {name: StoredTensor} of a pickled state dict.

    Args:
        content: the pickle, as bytes.
        path: of the file that holds it, for messages.

    Raises:
        InputError: it is anything but a dictionary of tensors, or it is damaged.
    """
    try:
        state_dict = Machine(_FUNCTIONS, _storage).run(content)
        if not isinstance(state_dict, dict):
            raise UnreadablePickle(f"it holds a {type(state_dict).__name__} instead of a dictionary of tensors")
        for name, tensor in state_dict.items():
            if not isinstance(tensor, StoredTensor):
                raise UnreadablePickle(f"its entry {name!r} is a {type(tensor).__name__} instead of a tensor")
    except UnreadablePickle as problem:
        raise InputError(f"cannot read {path!r}: {problem}.") from None
    return state_dict


def _is_size(value):
    return type(value) is int and 0 <= value < 2**62


def _storage(persistent_id):
    kind, storage_type, key, _device, elements = persistent_id
    if kind != "storage" or type(storage_type) is not Global or not isinstance(key, str) or not _is_size(elements):
        raise TypeError("a persistent id that is no storage")
    return Storage(STORAGES[storage_type.name], key, elements)


def _tensor(storage, offset, shape, strides, _requires_grad=False, _hooks=None, _metadata=None):
    if type(storage) is not Storage or type(shape) is not tuple or type(strides) is not tuple:
        raise TypeError("a tensor without a storage, a shape and strides")
    if not all(map(_is_size, (offset, *shape, *strides))) or not len(shape) == len(strides) <= MOST_DIMENSIONS:
        raise UnreadablePickle("it has a tensor whose shape, strides or offset is impossible")
    tensor = StoredTensor(storage, offset, shape, strides)
    if offset + tensor.span > storage.elements:
        raise UnreadablePickle(
            f"it has a tensor of shape {shape}, strides {strides} and offset {offset} "
            f"in a storage of {storage.elements} elements"
        )
    return tensor


def _parameter(tensor, _requires_grad, _hooks):
    if type(tensor) is not StoredTensor:
        raise TypeError("a parameter that is no tensor")
    return tensor


def _size(sizes):
    if type(sizes) is not tuple:
        raise TypeError("a size that is no tuple")
    return sizes


# All that such a pickle may name; a storage type is named and never called.
_FUNCTIONS = {
    "collections.OrderedDict": lambda: {},
    "torch.Size": _size,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
    **dict.fromkeys(STORAGES),
}

"""A writer of `pytorch_model.bin` that can say anything, right or wrong; torch itself is not needed."""

import struct
import zipfile
from typing import NamedTuple

import numpy as np

STORAGES = {
    "float64": "DoubleStorage",
    "float32": "FloatStorage",
    "float16": "HalfStorage",
    "bfloat16": "BFloat16Storage",
    "int64": "LongStorage",
    "int32": "IntStorage",
    "int16": "ShortStorage",
    "int8": "CharStorage",
    "uint8": "ByteStorage",
    "bool": "BoolStorage",
}


class Global(NamedTuple):
    module: str
    name: str


class Call(NamedTuple):
    function: Global
    arguments: tuple
    state: dict | None = None


class Persistent(NamedTuple):
    id: tuple


class Items(NamedTuple):
    """A call that makes an empty dictionary, its entries and its attributes."""

    call: Call
    entries: dict
    state: dict


ORDERED_DICT = Call(Global("collections", "OrderedDict"), ())
REBUILD = Global("torch._utils", "_rebuild_tensor_v2")


def storage(dtype, key, elements):
    return Persistent(("storage", Global("torch", STORAGES[dtype]), key, "cpu", elements))


def view(dtype, key, elements, offset, shape, strides):
    """A tensor as torch describes it."""
    return Call(REBUILD, (storage(dtype, key, elements), offset, shape, strides, False, ORDERED_DICT))


def dumps(value, protocol=2):
    """Returns the pickle of a value made of the classes above and of plain ones."""
    return b"\x80" + bytes([protocol]) + _dump(value, protocol) + b"."


def _dump(value, protocol):
    def inner(value):
        return _dump(value, protocol)

    match value:
        case Global(module, name) if protocol < 4:
            return f"c{module}\n{name}\n".encode()
        case Global(module, name):
            return inner(module) + inner(name) + b"\x93\x94"
        case Call(function, arguments):
            return inner(function) + inner(arguments) + b"R"
        case Persistent(id):
            return inner(id) + b"Q"
        case Items(call, entries, state):
            return inner(call) + b"(" + b"".join(map(inner, sum(entries.items(), ()))) + b"u" + inner(state) + b"b"
        case tuple():
            return b"(" + b"".join(map(inner, value)) + b"t"
        case list():
            return b"](" + b"".join(map(inner, value)) + b"e"
        case dict():
            return b"}(" + b"".join(map(inner, sum(value.items(), ()))) + b"u"
        case None | True | False:
            return {None: b"N", True: b"\x88", False: b"\x89"}[value]
        case int():
            return b"I%d\n" % value
        case float():
            return b"G" + struct.pack(">d", value)
        case str():
            return b"X" + struct.pack("<I", len(value.encode())) + value.encode()
    raise TypeError(value)


def write_archive(path, pickle, storages, folder="archive", compression=zipfile.ZIP_STORED, **others):
    """Writes the zip file.

    Args:
        path: of the file.
        pickle: the content of `data.pkl`, or a value for `dumps`.
        storages: key -> bytes.
        folder: the folder of the archive.
        compression: of the zip file's entries.
        **others: further entries, such as `byteorder`.
    """
    pickle = pickle if isinstance(pickle, bytes) else dumps(pickle)
    entries = {"data.pkl": pickle, **{f"data/{key}": content for key, content in storages.items()}, **others}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(f"{folder}/{name}", content)


def save(path, arrays, **options):
    """Writes arrays by name, each in its own storage, as torch.save writes a state dict."""
    state_dict, storages = {}, {}
    for key, (name, array) in enumerate(arrays.items()):
        strides = tuple(int(np.prod(array.shape[axis + 1 :])) for axis in range(array.ndim))
        state_dict[name] = view(array.dtype.name, str(key), array.size, 0, array.shape, strides)
        storages[str(key)] = array.tobytes()
    options = {"byteorder": b"little", "version": b"3\n", **options}
    write_archive(path, Items(ORDERED_DICT, state_dict, {"_metadata": {}}), storages, **options)

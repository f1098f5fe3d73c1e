"""How requests are gathered into batches: TensorFlow Serving's `BatchingParameters`, and its text form."""

import dataclasses
import os

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format, wrappers_pb2

from rembert_tf.errors import InputError

INT32_MAX = 2**31 - 1
PER_MODEL_FILE = "batching_params.pbtxt"
MAX_WAITING_THREADS = 64

_INT64_VALUE = ".google.protobuf.Int64Value"
# The message is not among the compiled ones of tensorflow-serving-api: name, number and type of its fields.
# Two of them are read and change nothing: threads have our names, and requests of different inner shapes go into
# batches of their own, which needs no padding.
_FIELDS = (
    ("max_batch_size", 1, _INT64_VALUE),
    ("batch_timeout_micros", 2, _INT64_VALUE),
    ("max_enqueued_batches", 3, _INT64_VALUE),
    ("num_batch_threads", 4, _INT64_VALUE),
    ("thread_pool_name", 5, ".google.protobuf.StringValue"),
    ("allowed_batch_sizes", 6, "repeated int64"),
    ("pad_variable_length_inputs", 7, "bool"),
)


def processors():
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclasses.dataclass(frozen=True)
class BatchingParameters:
    """How the requests for one version of a model are gathered; names and defaults are TensorFlow Serving's.

    Args:
        max_batch_size: rows that are computed together at most; a request with more is refused.
        batch_timeout_micros: microseconds that a batch waits for more rows while a thread is free to compute
            it. With 0, batches form only while every thread is busy, so that nobody waits for company.
        max_enqueued_batches: batches that wait for a thread; a request that would begin another is refused.
        num_batch_threads: batches computed at a time; None means one for each processor.
        allowed_batch_sizes: sizes that batches are filled up to, rising, the last one `max_batch_size`; empty
            computes every size as it comes.

    Raises:
        InputError: a number is out of its range.
    """

    max_batch_size: int = 1000
    batch_timeout_micros: int = 0
    max_enqueued_batches: int = 10
    num_batch_threads: int | None = None
    allowed_batch_sizes: tuple[int, ...] = ()

    def __post_init__(self):
        for name, least in (("max_batch_size", 1), ("batch_timeout_micros", 0), ("max_enqueued_batches", 1)):
            _require_range(name, getattr(self, name), least)
        if self.num_batch_threads is None:
            object.__setattr__(self, "num_batch_threads", processors())
        _require_range("num_batch_threads", self.num_batch_threads, 1)
        sizes = self.allowed_batch_sizes
        object.__setattr__(self, "allowed_batch_sizes", tuple(sizes))
        if sizes and (list(sizes) != sorted(set(sizes)) or sizes[0] < 1 or sizes[-1] != self.max_batch_size):
            raise InputError(
                f"allowed_batch_sizes is {', '.join(map(str, sizes))}; it must be rising numbers from 1 on, "
                f"the last of them max_batch_size, {self.max_batch_size}"
            )

    @property
    def waiting_threads(self):
        """Requests that an interface should take on at a time, so that batches fill while others are computed."""
        return min(2 * self.max_batch_size, MAX_WAITING_THREADS)

    def padded_size(self, rows):
        """The size that a batch of so many rows is computed with."""
        return next((size for size in self.allowed_batch_sizes if size >= rows), rows)

    @classmethod
    def from_file(cls, path):
        """Reads the text form that `tensorflow_model_server --batching_parameters_file` takes.

        Args:
            path: local file.

        Raises:
            InputError: naming file and line.
        """
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read()
        except (OSError, UnicodeDecodeError) as error:
            reason = (
                "is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else f"cannot be read: {error.strerror}"
            )
            raise InputError(f"{path} {reason}") from error
        return cls.from_text(text, path)

    @classmethod
    def from_text(cls, text, source):
        """Reads the text form.

        Args:
            text: for instance `max_batch_size { value: 32 }`.
            source: what errors call it.

        Raises:
            InputError: naming source and line.
        """
        message = _message_class()()
        try:
            text_format.Parse(text, message)
        except text_format.ParseError as error:
            raise InputError(f"{source} is no text form of BatchingParameters: {_located(error)}") from error
        chosen = {
            name: getattr(message, name).value
            for name, _, kind in _FIELDS
            if kind == _INT64_VALUE and message.HasField(name)
        }
        try:
            return cls(**chosen, allowed_batch_sizes=tuple(message.allowed_batch_sizes))
        except InputError as error:
            name = str(error).split()[0]
            raise InputError(f"{source}, line {_line_of(text, name)}: {error}") from error


def _require_range(name, value, least):
    if not least <= value <= INT32_MAX:
        raise InputError(f"{name} is {value}; it must be a number from {least} to {INT32_MAX}")


def _located(error):
    line = error.GetLine()
    # The parser's own message begins with "line:column : ".
    reason = str(error).split(" : ", 1)[-1]
    return reason if line is None else f"line {line}: {reason}"


def _line_of(text, name):
    """The line in which a field is set; the first one for a default that does not fit another field."""
    return next((number for number, line in enumerate(text.splitlines(), 1) if name in line), 1)


def _message_class():
    """The message, built from a description of its own in a pool of its own."""
    pool = descriptor_pool.DescriptorPool()
    wrappers = descriptor_pb2.FileDescriptorProto()
    wrappers_pb2.DESCRIPTOR.CopyToProto(wrappers)
    pool.Add(wrappers)
    file = descriptor_pb2.FileDescriptorProto(
        name="batching_parameters.proto", package="tensorflow.serving", syntax="proto3", dependency=[wrappers.name]
    )
    message = file.message_type.add(name="BatchingParameters")
    kinds = descriptor_pb2.FieldDescriptorProto
    for name, number, kind in _FIELDS:
        field = message.field.add(name=name, number=number, label=kinds.LABEL_OPTIONAL)
        if kind == "repeated int64":
            field.label, field.type = kinds.LABEL_REPEATED, kinds.TYPE_INT64
        elif kind == "bool":
            field.type = kinds.TYPE_BOOL
        else:
            field.type, field.type_name = kinds.TYPE_MESSAGE, kind
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tensorflow.serving.BatchingParameters"))

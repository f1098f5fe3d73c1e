"""Writing a folder with an ONNX or LiteRT file, which proves itself before it appears."""

import importlib

from rembert_tf.errors import InputError, MissingExtraError
from rembert_tf.serving.portable.card import write_card
from rembert_tf.serving.portable.check import check_file
from rembert_tf.serving.portable.formats import FLOAT32, LITERT, ONNX, PORTABLE_DTYPES
from rembert_tf.serving.portable.graph import PortableGraph
from rembert_tf.serving.precision import with_dtype
from rembert_tf.tasks.start import check_lengths
from rembert_tf.weights.atomic_files import new_directory
from rembert_tf.weights.model_directory import saved_config


def export_onnx(
    model, tokenizer, path, dtype=None, batch_size=None, max_length=None, hidden_states=False, attentions=False
):
    """Writes a folder with `model.onnx`, for ONNX Runtime and whatever else reads ONNX.

    The file takes ids, not texts: ONNX has no SentencePiece. It is loaded in ONNX Runtime and compared with the model
    on batches of several shapes, with padding and without, before the folder appears.

    Args:
        model: any model of the family. A RemBertForCausalLM becomes its forward pass, without cache or generation.
        tokenizer: its tokenizer, of either engine, whose files are put beside the model.
        path: the folder, which must not exist yet.
        dtype: "float32", which None means; "float16" stores matrices and tables in half the bits and computes in
            float32; "int8" stores matrices in a quarter and multiplies in 8 bits.
        batch_size: rows of every batch; None leaves it open.
        max_length: positions of every row; None leaves it open, up to what the model has.
        hidden_states: whether a RemBertModel also returns `hidden_states.0`, ..., the projected embeddings first.
        attentions: whether a RemBertModel also returns `attentions.0`, ...

    Returns:
        {output name: Difference} from the model, the largest that were seen.

    Raises:
        MissingExtraError: the `onnx` extra is not installed.
        InputError: an argument is impossible, or the model does not hold in this number type; nothing was written.
        ExportError: the file cannot be loaded, or answers otherwise than the model; nothing was written.
    """
    return _export(ONNX, model, tokenizer, path, dtype, (batch_size, max_length, hidden_states, attentions))


def export_litert(
    model, tokenizer, path, dtype=None, batch_size=None, max_length=None, hidden_states=False, attentions=False
):
    """Writes a folder with `model.tflite`, for LiteRT (TensorFlow Lite) on phones and small machines.

    As `export_onnx`, checked in LiteRT; fixed sizes are faster there, and some accelerators need them.

    Args:
        model: any model of the family; its weights must fit a file of 2 GB in `dtype`.
        tokenizer: its tokenizer, of either engine, whose files are put beside the model.
        path: the folder, which must not exist yet.
        dtype: "float32", which None means; "float16" stores weights in half the bits; "int8" in a quarter, tables
            too, and multiplies in 8 bits.
        batch_size: rows of every batch; None leaves it open.
        max_length: positions of every row; None leaves it open, up to what the model has.
        hidden_states: whether a RemBertModel also returns `hidden_states.0`, ..., the projected embeddings first.
        attentions: whether a RemBertModel also returns `attentions.0`, ...

    Returns:
        {output name: Difference} from the model, the largest that were seen.

    Raises:
        MissingExtraError: the `litert` extra is not installed.
        InputError: an argument is impossible, the weights do not fit, or the model does not hold in this number
            type; nothing was written.
        ExportError: the file cannot be loaded, or answers otherwise than the model; nothing was written.
    """
    return _export(LITERT, model, tokenizer, path, dtype, (batch_size, max_length, hidden_states, attentions))


def export_portable(file_format, *arguments, **settings):
    """Calls `export_onnx` or `export_litert`, by the name of the format."""
    return {ONNX: export_onnx, LITERT: export_litert}[file_format](*arguments, **settings)


def _export(file_format, model, tokenizer, path, dtype, settings):
    runtime = _runtime(file_format)
    dtype = FLOAT32 if dtype is None else dtype
    if dtype not in PORTABLE_DTYPES:
        raise InputError(f"dtype must be one of {', '.join(PORTABLE_DTYPES)} for this format, not {dtype!r}.")
    check_lengths(model, tokenizer, model.config.max_position_embeddings)
    runtime.check_size(model, dtype)
    graph = PortableGraph(with_dtype(model, FLOAT32), runtime.INTEGERS, *settings)
    with new_directory(path) as partial:
        outputs = runtime.write(graph, dtype, partial)
        tokenizer.save_pretrained(partial)
        saved_config(model).save_pretrained(partial)
        differences = check_file(graph, runtime, dtype, partial)
        write_card(graph, runtime, dtype, outputs, differences, partial)
    return differences


def _runtime(file_format):
    """Returns the module that writes and runs files of a format."""
    try:
        return importlib.import_module(f"rembert_tf.serving.portable.{file_format}_file")
    except ImportError as missing:
        raise MissingExtraError(f"exporting with the format {file_format}", file_format) from missing

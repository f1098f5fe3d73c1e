"""What the tests of served heads share: texts that nobody expects, and the ways to ask a signature."""

import numpy as np
import tensorflow as tf

HOSTILE = [
    b"", b" ", b"\t\n \xe3\x80\x80", b"\0", b"a\0b \0", b"\xff", b"\xff\xfe Berlin\xe3\x81, \xed\xa0\x80x",
    b"\xf0\x9f\x98",
    "👩\u200d🚀 🇩🇪🇫🇷 👍🏽!".encode(), "e\u0301\u0301\u0301 \u0301a".encode(), "שלום עולם, \u202eمرحبا\u202c".encode(),
    "\ufeff\u200b\u00ad".encode(), b"[CLS] [SEP] [PAD] <unk>", "กรุงเทพมหานครเป็นเมืองหลวง".encode(), b"...", b"x" * 500,
    "㍿ﷺ½ か\u3099".encode(), "▁▁ ▁a".encode(), "\ufdd0\ufdd1\uffff".encode(), b"word " * 200,
]  # fmt: skip


def ask(function, **columns):
    """Returns {output: array} for columns of strings."""
    inputs = {name: tf.constant(values, tf.string, shape=[len(values)]) for name, values in columns.items()}
    return {name: value.numpy() for name, value in function(**inputs).items()}


def decoded(texts):
    """Returns texts as Python sees them; spans count these characters."""
    return [text.decode("utf-8", "replace") if isinstance(text, bytes) else text for text in texts]


def saved_and_loaded(module, path):
    """Returns `serving_default` of a module after it was written and read."""
    tf.saved_model.save(module, str(path), signatures=module.signatures())
    return tf.saved_model.load(str(path)).signatures["serving_default"]


def operations(path):
    """Returns the names of all operations of a written SavedModel."""
    from tensorflow.core.protobuf import saved_model_pb2

    model = saved_model_pb2.SavedModel.FromString((path / "saved_model.pb").read_bytes())
    graph = model.meta_graphs[0].graph_def
    nodes = list(graph.node) + [node for function in graph.library.function for node in function.node_def]
    return {node.op for node in nodes}


def assert_servable(function, path):
    """Asserts what any server needs: dense outputs of known types, and no operation that it lacks."""
    for spec in function.structured_outputs.values():
        assert spec.shape.rank >= 1
        assert spec.dtype in (tf.float32, tf.int32, tf.string)
    foreign = {op for op in operations(path) if op.startswith("TFText") or "PyFunc" in op or "Xla" in op}
    assert not foreign


def assert_rows_alone_are_the_same(function, columns):
    """Asserts that a row's answer does not depend on its batch, but for what fills it up: zeros and empty strings."""
    together = ask(function, **columns)
    for row in range(len(next(iter(columns.values())))):
        alone = ask(function, **{name: values[row : row + 1] for name, values in columns.items()})
        for name, (value,) in alone.items():
            wider = together[name][row]
            filling = [(0, more - own) for more, own in zip(wider.shape, value.shape, strict=True)]
            if value.dtype == np.float32:
                np.testing.assert_allclose(wider, np.pad(value, filling) if filling else value, atol=1e-6)
            else:
                fill = b"" if value.dtype == object else 0
                np.testing.assert_array_equal(wider, np.pad(value, filling, constant_values=fill) if filling else value)

"""Which form of GELU a stored graph computes: what a configuration's `gelu` means in its own code base.

Only the graph is read, never the weights: `saved_model.pb` of a SavedModel, or the `.meta` beside a TF1
checkpoint.
"""

import dataclasses
from pathlib import Path

from rembert_tf.errors import InputError, MissingFileError

SAVED_MODEL_FILE = "saved_model.pb"
META = ".meta"
ERF, TANH = "gelu", "gelu_new"

_ERF_OPS = {"Erf", "Erfc"}
_POWERS = {"Pow", "Square"}
# What may stand between the tanh and the cube: tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)).
_ARITHMETIC = {"Add", "AddV2", "Mul", "Sub", "RealDiv", "Identity", "Cast"} | _POWERS
_DEEPEST = 8


@dataclasses.dataclass(frozen=True)
class GraphActivation:
    """What a graph tells about the activation.

    Args:
        hidden_act: `gelu` (erf), `gelu_new` (tanh), or None where the graph doesn't tell.
        seen: a few words about what was found.
    """

    hidden_act: str | None
    seen: str


def activation_in_graph(path):
    """Returns the GraphActivation of a graph.

    The tanh form is a tanh of something that is multiplied with itself; a pooler's tanh stands on a matrix
    product, and under no tanh stand the powers of an optimizer or a loss.

    Args:
        path: of a `saved_model.pb` or a TF1 `.meta` file.

    Raises:
        MissingFileError: there is no such file.
        InputError: it is neither, or damaged.
    """
    erfs = tanhs = 0
    for nodes in _node_lists(path):
        erfs += sum(node.op in _ERF_OPS for node in nodes.values())
        tanhs += sum(node.op == "Tanh" and _is_of_a_cube(node, nodes) for node in nodes.values())
    if erfs and tanhs:
        return GraphActivation(None, f"both: {erfs} erf and {tanhs} tanh of a cube")
    if erfs:
        return GraphActivation(ERF, f"{erfs} erf and no tanh of a cube")
    if tanhs:
        return GraphActivation(TANH, f"{tanhs} tanh of a cube and no erf")
    return GraphActivation(None, "neither an erf nor a tanh of a cube")


def graph_beside(path):
    """Returns the path of the graph stored with a checkpoint, or None.

    Args:
        path: a folder, or a checkpoint's prefix; local.
    """
    path = Path(path)
    if not path.is_dir():
        # A SavedModel's weights have the prefix variables/variables.
        candidates = [path.with_name(path.name + META), path.parent.parent / SAVED_MODEL_FILE]
        candidates = candidates if path.parent.name == "variables" else candidates[:1]
    else:
        # The graph is the same at every step: any will do.
        candidates = [path / SAVED_MODEL_FILE, *sorted(path.glob(f"*{META}"))]
    return next((file for file in candidates if file.is_file()), None)


def _is_of_a_cube(tanh, nodes):
    return any(_polynomial(source, nodes)[1] for source in tanh.input)


def _polynomial(source, nodes, depth=0):
    """Returns what a sum or product is made of, and whether any of it is multiplied with itself.

    Args:
        source: an input of a node, spelled `name`, `name:0` or `name:output:0`.
        nodes: {name: node}.
        depth: of operations above this one; what stands too deep counts as one thing.

    Returns:
        Set of names that are no arithmetic and no constants, and a bool.
    """
    name = source.split(":")[0]
    node = nodes.get(name)
    if node is not None and node.op == "Const":
        return set(), False
    if node is None or depth == _DEEPEST or node.op not in _ARITHMETIC:
        return {name}, False
    parts = [_polynomial(source, nodes, depth + 1) for source in node.input if not source.startswith("^")]
    made_of = [names for names, _ in parts] or [set()]
    multiplied = any(made_of) if node.op in _POWERS else node.op == "Mul" and not made_of[0].isdisjoint(made_of[-1])
    return set().union(*made_of), multiplied or any(within for _, within in parts)


def _node_lists(path):
    """Returns {name: node} of a file's graphs and of every function in them."""
    graphs = [meta_graph.graph_def for meta_graph in _meta_graphs(Path(path))]
    bodies = [list(graph.node) for graph in graphs]
    bodies += [list(function.node_def) for graph in graphs for function in graph.library.function]
    if not any(bodies):
        raise InputError(f"{str(path)!r} holds no graph: expected a {SAVED_MODEL_FILE} or a {META} file.")
    return [{node.name: node for node in body} for body in bodies]


def _meta_graphs(path):
    if not path.is_file():
        raise MissingFileError(f"there is no file {str(path)!r}: expected a {SAVED_MODEL_FILE} or a {META} file.")
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

    is_meta = path.suffix == META
    message = meta_graph_pb2.MetaGraphDef() if is_meta else saved_model_pb2.SavedModel()
    try:
        message.ParseFromString(path.read_bytes())
    except DecodeError:
        what = "the graph of a checkpoint" if is_meta else "a SavedModel"
        raise InputError(f"{str(path)!r} is not {what}, or is damaged.") from None
    return [message] if is_meta else message.meta_graphs

"""The graph of objects in a TF2 checkpoint: whose attribute each variable is, and the way there.

`tf.train.Checkpoint` stores a variable under the shortest way to it, so one variable has different names
in different checkpoints; the graph has all the ways.
"""

import collections
import re

from google.protobuf.message import DecodeError

from rembert_tf.errors import InputError

GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"
VALUE = "VARIABLE_VALUE"
ENDING = f"/.ATTRIBUTES/{VALUE}"
OPTIMIZER_SLOT = ".OPTIMIZER_SLOT"
ROOT = 0

# In a way or a name, a dot of an attribute is doubled and a slash is spelled `.S`.
_ESCAPES = {"..": ".", ".S": "/"}


def steps(way):
    """Returns the attributes on a way, unescaped: `masked_lm/output_bias.Sbias` has two."""
    return [re.sub(r"\.[.S]", lambda escape: _ESCAPES[escape[0]], step) for step in way.split("/")]


class ObjectGraph:
    """The objects of a checkpoint, by number; the root is 0.

    Args:
        reader: a CheckpointReader.

    Raises:
        InputError: it is no object-based checkpoint, or the graph is damaged.
    """

    def __init__(self, reader):
        if GRAPH_KEY not in reader.names():
            raise InputError(
                f"{reader.prefix!r} has no graph of objects ({GRAPH_KEY}): a Model Garden checkpoint is one that "
                f"tf.train.Checkpoint wrote."
            )
        nodes = _parse(reader).nodes
        self._children = [{child.local_name: child.node_id for child in node.children} for node in nodes]
        self._keys = [
            next((attribute.checkpoint_key for attribute in node.attributes if attribute.name == VALUE), None)
            for node in nodes
        ]
        self._ways = self._shortest_ways()

    def follow(self, node, way):
        """Returns the object at the end of a way from another one, or None."""
        for step in steps(way):
            if node is None:
                return None
            node = self._children[node].get(step)
        return node

    def key(self, node, way):
        """Returns the name in the checkpoint of the variable at the end of a way, or None."""
        end = self.follow(node, way)
        return None if end is None else self._keys[end]

    def names_of(self, node):
        """Returns the attributes of an object."""
        return list(self._children[node])

    def with_variables(self, *ways):
        """Returns the objects that have a variable at the end of each of these ways."""
        return [node for node in self._ways if all(self.key(node, way) for way in ways)]

    def numbered(self, node, way):
        """Returns how many items the list at the end of a way has room for, gaps included."""
        items = self.follow(node, way)
        numbers = [int(name) for name in self._children[items] if name.isdigit()] if items is not None else []
        return max(numbers, default=-1) + 1

    def keys_below(self, node):
        """Returns the names of all variables that can be reached from an object."""
        return {self._keys[number] for number in self._reached(node)} - {None}

    def way(self, node):
        """Returns the shortest way from the root to an object."""
        return self._ways[node] or "the root"

    def _reached(self, start):
        seen, waiting = {start}, collections.deque([start])
        while waiting:
            new = [child for child in self._children[waiting.popleft()].values() if child not in seen]
            seen.update(new)
            waiting.extend(new)
        return seen

    def _shortest_ways(self):
        ways, waiting = {ROOT: ""}, collections.deque([ROOT])
        while waiting:
            node = waiting.popleft()
            for name, child in self._children[node].items():
                if child not in ways:
                    ways[child] = f"{ways[node]}/{name}".lstrip("/")
                    waiting.append(child)
        return ways


def _parse(reader):
    from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph

    graph = TrackableObjectGraph()
    try:
        # `tobytes` keeps zero bytes at the end, which NumPy's own strings lose.
        graph.ParseFromString(reader.read(GRAPH_KEY).tobytes())
    # A file that was cut short raises an IndexError.
    except (DecodeError, IndexError):
        raise InputError(
            f"the checkpoint {reader.prefix!r} is damaged or cut short: its graph of objects cannot be read."
        ) from None
    return graph


def graph_of(names):
    """Returns the bytes of a graph in which every variable is reached by its own name.

    Args:
        names: of the variables, with ENDING.
    """
    from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph

    graph, numbers = TrackableObjectGraph(), {}

    def number_of(way):
        if way not in numbers:
            numbers[way] = len(graph.nodes)
            graph.nodes.add()
            if way:
                graph.nodes[number_of(way[:-1])].children.add(node_id=numbers[way], local_name=way[-1])
        return numbers[way]

    number_of(())
    for name in names:
        node = graph.nodes[number_of(tuple(steps(name.removesuffix(ENDING))))]
        node.attributes.add(name=VALUE, full_name=name.removesuffix(ENDING), checkpoint_key=name)
    return graph.SerializeToString(deterministic=True)

"""Reading a pickle without Python's unpickler, which would run whatever the file says.

A pickle is a program for a small stack machine. This one knows the instructions that describe numbers,
names, tuples, lists and dictionaries. A global is only a name to it: none is ever imported, and what can
be called are the functions that the machine's owner gives it.
"""

import pickletools
from typing import NamedTuple


class UnreadablePickle(Exception):
    """The reason why a pickle is refused."""


class Global(NamedTuple):
    """A name that a pickle refers to, such as `torch.FloatStorage`."""

    name: str


class Machine:
    """Runs one pickle.

    Args:
        functions: name of a global -> what a call of it returns here, or None for one that is only named.
        persistent: the function that turns a persistent id (torch: a storage) into a value.
    """

    def __init__(self, functions, persistent):
        self._functions, self._persistent = functions, persistent
        self._stack, self._memo = [], {}

    def run(self, content):
        """Returns the value that a pickle describes.

        Raises:
            UnreadablePickle: it is damaged, or needs what this machine does not do.
        """
        try:
            for instruction, argument, _ in pickletools.genops(content):
                self._step(instruction.name, argument)
            return self._stack[-1]
        # What an empty stack, an unknown memo or a value of the wrong type leads to.
        except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as problem:
            raise UnreadablePickle(f"its pickle is damaged ({problem})") from None

    def _step(self, name, argument):
        if name in _VALUES:
            self._stack.append(argument)
        elif name in _CONSTANTS:
            self._stack.append(_CONSTANTS[name])
        elif name in _EMPTY:
            self._stack.append(_EMPTY[name]())
        elif name in _PUT:
            self._memo[argument] = self._stack[-1]
        elif name in _GET:
            self._stack.append(self._memo[argument])
        elif name in _TUPLES:
            self._stack.append(tuple(self._pop(_TUPLES[name])))
        elif name == "GLOBAL":
            self._push_global(*argument.split(" ", 1))
        elif name in _ACTIONS:
            _ACTIONS[name](self)
        elif name not in _IGNORED:
            raise UnreadablePickle(f"its pickle has the instruction {name}, which no dictionary of tensors needs")

    def _push_global(self, module, name):
        full_name = f"{module}.{name}"
        if full_name not in self._functions:
            raise UnreadablePickle(f"its pickle refers to {full_name}, and only tensors are loaded, never code")
        self._stack.append(Global(full_name))

    def _pop(self, count):
        if count > len(self._stack):
            raise IndexError("too few values")
        start = len(self._stack) - count
        values = self._stack[start:]
        del self._stack[start:]
        return values

    def _pop_to_mark(self):
        values = []
        while (value := self._stack.pop()) is not _MARK:
            values.append(value)
        return values[::-1]

    def _push_mark(self):
        self._stack.append(_MARK)

    def _memoize(self):
        self._memo[len(self._memo)] = self._stack[-1]

    def _push_tuple(self):
        self._stack.append(tuple(self._pop_to_mark()))

    def _push_list(self):
        self._stack.append(self._pop_to_mark())

    def _push_dict(self):
        values = self._pop_to_mark()
        self._stack.append({})
        self._set_items(values)

    def _push_stack_global(self):
        self._push_global(*self._pop(2))

    def _append(self, values):
        if type(self._stack[-1]) is not list:
            raise TypeError("what is appended to is no list")
        self._stack[-1].extend(values)

    def _set_items(self, values):
        if type(self._stack[-1]) is not dict:
            raise TypeError("what gets an item is no dictionary")
        for key, value in zip(values[::2], values[1::2], strict=True):
            if not isinstance(key, str):
                raise UnreadablePickle(f"it has a key of type {type(key).__name__}, and keys must be names")
            self._stack[-1][key] = value

    def _set_attributes(self):
        # torch keeps version numbers as an attribute of the dictionary; nothing here has attributes.
        state = self._pop(1)[0]
        if type(self._stack[-1]) is not dict or type(state) is not dict:
            raise TypeError("attributes are given to what has none")

    def _push_persistent(self):
        self._stack.append(self._persistent(self._pop(1)[0]))

    def _call(self):
        function, arguments = self._pop(2)
        if type(function) is not Global or type(arguments) is not tuple or self._functions[function.name] is None:
            raise TypeError("what is called is no function")
        self._stack.append(self._functions[function.name](*arguments))


_MARK = object()
_IGNORED = {"PROTO", "FRAME", "STOP"}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY = {"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_PUT = {"PUT", "BINPUT", "LONG_BINPUT"}
_GET = {"GET", "BINGET", "LONG_BINGET"}
_VALUES = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "STRING", "BINSTRING", "SHORT_BINSTRING"),
}
_ACTIONS = {
    "MARK": Machine._push_mark,
    "POP": lambda machine: machine._pop(1),
    "POP_MARK": Machine._pop_to_mark,
    "MEMOIZE": Machine._memoize,
    "TUPLE": Machine._push_tuple,
    "LIST": Machine._push_list,
    "DICT": Machine._push_dict,
    "STACK_GLOBAL": Machine._push_stack_global,
    "APPEND": lambda machine: machine._append(machine._pop(1)),
    "APPENDS": lambda machine: machine._append(machine._pop_to_mark()),
    "SETITEM": lambda machine: machine._set_items(machine._pop(2)),
    "SETITEMS": lambda machine: machine._set_items(machine._pop_to_mark()),
    "BUILD": Machine._set_attributes,
    "BINPERSID": Machine._push_persistent,
    "REDUCE": Machine._call,
}

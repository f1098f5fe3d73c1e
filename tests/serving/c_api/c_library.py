"""TensorFlow's C library by ctypes alone: what a model server is made of, without Python's TensorFlow.

Used by `run_saved_model.py` in a process of its own.
"""

import ctypes
from pathlib import Path

# What tensorflow-text's part of TensorFlow Serving 2.19 has and an export may use.
SENTENCEPIECE = "tensorflow_text/python/ops/_sentencepiece_tokenizer.so"
DISABLE_XLA = "_ZN10tensorflow21DisableXlaCompilationEv"
POINTER_RESULTS = (
    "TF_NewStatus",
    "TF_NewSessionOptions",
    "TF_NewGraph",
    "TF_LoadLibrary",
    "TF_LoadSessionFromSavedModel",
    "TF_GraphOperationByName",
    "TF_AllocateTensor",
    "TF_TensorData",
    "TF_StringGetDataPointer",
)
SIZE_RESULTS = ("TF_TensorByteSize", "TF_StringGetSize")


class CLibrary:
    """The functions of the C library, found in whichever of its two files has them.

    Args:
        site_packages: folder that holds `tensorflow` and `tensorflow_text`.

    Attributes:
        xla_disabled: whether the library could be told to refuse XLA, as a server without XLA does.
    """

    def __init__(self, site_packages):
        folder = Path(site_packages) / "tensorflow"
        self._files = [
            ctypes.CDLL(str(folder / name), ctypes.RTLD_GLOBAL)
            for name in ("libtensorflow_framework.so.2", "libtensorflow_cc.so.2")
        ]
        for names, result in ((POINTER_RESULTS, ctypes.c_void_p), (SIZE_RESULTS, ctypes.c_size_t)):
            for name in names:
                self[name].restype = result
        self["TF_Message"].restype = ctypes.c_char_p
        self["TF_Dim"].restype = ctypes.c_int64
        self.status = ctypes.c_void_p(self["TF_NewStatus"]())
        self.xla_disabled = self._disable_xla()
        library = str(Path(site_packages) / SENTENCEPIECE)
        self.checked("TF_LoadLibrary", library.encode())

    def __getitem__(self, name):
        for file in self._files:
            if hasattr(file, name):
                return getattr(file, name)
        raise KeyError(name)

    def checked(self, name, *arguments):
        """Calls a function whose last parameter is a status; a failure becomes a RuntimeError with its message."""
        result = self[name](*arguments, self.status)
        if self["TF_GetCode"](self.status):
            raise RuntimeError(self["TF_Message"](self.status).decode())
        return result

    def _disable_xla(self):
        try:
            self[DISABLE_XLA]()
        except KeyError:
            return False
        return True

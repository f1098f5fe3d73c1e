"""The container of a `pytorch_model.bin`: a zip archive of a pickle and one file of raw numbers a storage."""

import contextlib
import os
import struct
import zipfile
import zlib

from rembert_tf.errors import InputError

_CHUNK = 1 << 24
# A state dict of thousands of tensors takes less than 1 MB; a pickle of gigabytes is an attack.
_LARGEST_PICKLE = 1 << 26
# Deflate reaches 1032; whatever claims more would only fill the memory.
_HIGHEST_COMPRESSION = 1032
# The pickle of a magic number, with which torch before 1.6 began its files.
_BEFORE_1_6 = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19"
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError),
    *(ValueError, KeyError, IndexError, OverflowError, RuntimeError),
)


class TorchArchive:
    """An open archive.

    Args:
        path: of the file.

    Raises:
        InputError: torch.save did not write it, or did before version 1.6, or it is damaged.
    """

    def __init__(self, path):
        self.path = str(path)
        with contextlib.ExitStack() as on_failure, self._naming_damage():
            self._check_start()
            self._zip = on_failure.enter_context(zipfile.ZipFile(self.path))
            self._bytes_on_disk = os.path.getsize(self.path)
            self._folder = self._find_folder()
            self._check_byte_order()
            on_failure.pop_all()

    def close(self):
        """Closes the file."""
        self._zip.close()

    def pickle(self):
        """Returns the bytes of the pickle that describes the tensors."""
        return self._small_file("data.pkl")

    def storage_size(self, key):
        """Returns the number of bytes of a storage, or None where there is no such storage."""
        name = f"{self._folder}data/{key}"
        return self._size(name) if name in self._zip.NameToInfo else None

    def read_storage(self, key, start, length):
        """Returns a part of a storage as a fresh buffer.

        Args:
            key: of the storage.
            start: of the part, in bytes.
            length: of the part, in bytes; it ends within the storage.

        Raises:
            InputError: the bytes are damaged.
        """
        with self._naming_damage():
            return self._read(f"{self._folder}data/{key}", start, length)

    def _read(self, name, start, length):
        entry, buffer = self._zip.getinfo(name), bytearray(length)
        if entry.compress_type == zipfile.ZIP_STORED and entry.CRC == 0:
            # torch was told to compute no check sums; zipfile would compare them all the same.
            with open(self.path, "rb") as file:
                file.seek(_start_of_data(file, entry) + start)
                if file.readinto(buffer) < length:
                    raise ValueError(f"{name} is cut short")
            return buffer
        view = memoryview(buffer)
        with self._zip.open(entry) as file:
            file.seek(start)
            for position in range(0, length, _CHUNK):
                part = file.read(min(_CHUNK, length - position))
                view[position : position + _CHUNK] = part
            # The check sum of an entry that was read whole is compared when its end is met.
            file.read(1)
        return buffer

    def _check_start(self):
        with open(self.path, "rb") as file:
            start = file.read(len(_BEFORE_1_6))
        if start == _BEFORE_1_6:
            name = os.path.basename(self.path)
            raise InputError(
                f"{self.path!r} is in the format of torch before 1.6; rewrite it where torch is installed: "
                f"torch.save(torch.load({name!r}, weights_only=True), {name!r})."
            )

    def _find_folder(self):
        names = self._zip.namelist()
        folders = [name.removesuffix("data.pkl") for name in names if name.endswith("/data.pkl")]
        if len(folders) != 1:
            raise InputError(f"{self.path!r} is a zip archive, but not one that torch.save wrote: it has no data.pkl.")
        if f"{folders[0]}constants.pkl" in names:
            raise InputError(f"{self.path!r} is a TorchScript program; a dictionary of tensors is needed.")
        return folders[0]

    def _check_byte_order(self):
        # torch before 2.1 wrote no such entry; the machines it ran on are little-endian.
        if f"{self._folder}byteorder" in self._zip.NameToInfo and self._small_file("byteorder") != b"little":
            raise InputError(f"{self.path!r} was written by a big-endian machine; only little-endian files are read.")

    def _small_file(self, name):
        size = self._size(f"{self._folder}{name}")
        if size > _LARGEST_PICKLE:
            raise InputError(f"{self.path!r} is refused: its {name} has {size} bytes.")
        with self._naming_damage():
            return bytes(self._read(f"{self._folder}{name}", 0, size))

    def _size(self, name):
        """Returns the size of an entry, once it is sure that the file can hold it."""
        entry = self._zip.getinfo(name)
        compression = {zipfile.ZIP_STORED: 1, zipfile.ZIP_DEFLATED: _HIGHEST_COMPRESSION}.get(entry.compress_type, 0)
        if entry.compress_size > self._bytes_on_disk or entry.file_size > compression * entry.compress_size:
            raise InputError(f"{self.path!r} is damaged: its entry {name} claims {entry.file_size} bytes.")
        return entry.file_size

    @contextlib.contextmanager
    def _naming_damage(self):
        try:
            yield
        except InputError:
            raise
        except _DAMAGE as problem:
            raise InputError(f"{self.path!r} is not a whole file as torch.save writes it: {problem}.") from None


def _start_of_data(file, entry):
    """Returns where the bytes of a zip entry begin: behind a header of 30 bytes, a name and extra fields."""
    file.seek(entry.header_offset)
    signature, name_length, extra_length = struct.unpack("<4s22xHH", file.read(30))
    if signature != b"PK\3\4":
        raise ValueError(f"{entry.filename} has no header")
    return entry.header_offset + 30 + name_length + extra_length

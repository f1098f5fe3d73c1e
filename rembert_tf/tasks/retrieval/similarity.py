"""Nearest neighbours, exactly, in chunks.

In NumPy: accelerators multiply with fewer bits unless told otherwise, and the cosines of a whole corpus
often differ in the third digit only.
"""

import numpy as np

QUERY_CHUNK = 1024
KEY_CHUNK = 32768


def unit_rows(vectors):
    """Returns vectors (rows, width) of length 1, float32; a row of zeros stays so."""
    vectors = np.asarray(vectors, "float32")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths == 0, 1, lengths)


def shifted_to(vectors, others):
    """Returns vectors moved by the difference of the two sets' means.

    That is the mean difference of translations, whichever belong together (RemBERT's paper, A.9).

    Args:
        vectors: (rows, width).
        others: (any, width).
    """
    return vectors + (others.mean(axis=0, dtype="float64") - vectors.mean(axis=0, dtype="float64")).astype("float32")


def nearest(queries, keys, count=1, report=None):
    """Finds the keys with the largest dot product, which of unit rows is the cosine.

    Args:
        queries: (Q, width).
        keys: (K, width).
        count: neighbours of a query; no more than there are keys.
        report: called as `report(done, total)` in queries, or None.

    Returns:
        Products (Q, count), float32, from large to small, and the rows of the keys (Q, count). Of equal
        products the lowest row comes first.
    """
    count = min(count, len(keys))
    products = np.empty((len(queries), count), "float32")
    rows = np.empty((len(queries), count), "int64")
    for start in range(0, len(queries), QUERY_CHUNK):
        chunk = slice(start, start + QUERY_CHUNK)
        products[chunk], rows[chunk] = _nearest_of_chunk(queries[chunk], keys, count)
        if report is not None:
            report(min(start + QUERY_CHUNK, len(queries)), len(queries))
    return products, rows


def nearest_by_distance(queries, keys):
    """Returns the row (Q,) of the key at the smallest Euclidean distance; of equal ones the lowest.

    Args:
        queries: (Q, width).
        keys: (K, width).
    """
    # Moving both sets alike keeps distances, and keeps the squares below small.
    centre = keys.mean(axis=0, keepdims=True)
    queries, keys = queries - centre, keys - centre
    # |q - k|^2 = |q|^2 - 2 (q k - |k|^2 / 2): the product of longer vectors finds it.
    longer = np.concatenate([keys, -0.5 * np.square(keys).sum(axis=1, keepdims=True)], axis=1)
    return nearest(np.concatenate([queries, np.ones((len(queries), 1), "float32")], axis=1), longer)[1][:, 0]


def _nearest_of_chunk(queries, keys, count):
    products = np.empty((len(queries), 0), "float32")
    rows = np.empty((len(queries), 0), "int64")
    for start in range(0, len(keys), KEY_CHUNK):
        found, places = _largest(queries @ keys[start : start + KEY_CHUNK].T, count)
        products = np.concatenate([products, found], axis=1)
        rows = np.concatenate([rows, places + start], axis=1)
        # Stable, and earlier keys stand first: ties go to the lowest row.
        order = np.argsort(-products, axis=1, kind="stable")[:, :count]
        products, rows = np.take_along_axis(products, order, 1), np.take_along_axis(rows, order, 1)
    return products, rows


def _largest(products, count):
    """Returns the largest entries of each row and their columns; `products` is used up."""
    count = min(count, products.shape[1])
    every = np.arange(len(products))
    found = np.empty((len(products), count), "float32")
    columns = np.empty((len(products), count), "int64")
    for number in range(count):
        column = products.argmax(axis=1)
        found[:, number], columns[:, number] = products[every, column], column
        products[every, column] = -np.inf
    return found, columns

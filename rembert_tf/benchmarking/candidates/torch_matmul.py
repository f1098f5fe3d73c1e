"""How fast PyTorch multiplies two matrices: what bounds every other figure."""

import torch


def multiply(shapes, dtypes):
    """Returns cases named `DTYPE NxKxM matmul`, one product each.

    Args:
        shapes: list of (n, k, m).
        dtypes: names of the number types.
    """
    cases = {}
    for dtype in dtypes:
        for n, k, m in shapes:
            a, b = (torch.randn(rows, columns, dtype=getattr(torch, dtype)) for rows, columns in ((n, k), (k, m)))
            cases[f"{dtype} {n}x{k}x{m} matmul"] = lambda a=a, b=b: torch.matmul(a, b)
    return cases

"""What runs in the processes that are measured: files that name functions, which prepare and return cases.

Files named `torch_...` run in an interpreter that may lack this package: they import nothing of it.
"""

"""Aligned columns for a terminal."""


def text_table(header, rows):
    """Returns lines: the first column to the left, the others to the right.

    Args:
        header: titles.
        rows: lists of strings, as long as the header.
    """
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]

    def line(row):
        first, *others = (
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        return "   ".join([first, *others]).rstrip()

    return [line(row) for row in [header, *rows]]


def number(value):
    """Returns a difference in two digits; what was not compared is a dash."""
    return "-" if value is None else f"{value:.1e}"

"""Ways of writing options that several commands share."""

import click


class ManyValuesCommand(click.Command):
    """A command whose repeatable options also take several values at once: `--train a.csv b.csv`."""

    def parse_args(self, ctx, args):
        repeatable = {name for param in self.params if getattr(param, "multiple", False) for name in param.opts}
        return super().parse_args(ctx, _repeat(list(args), repeatable))


def _repeat(args, repeatable):
    """Returns the arguments with `--name a b` written as `--name a --name b`."""
    spelled_out, current = [], None
    for position, argument in enumerate(args):
        if argument == "--":
            return spelled_out + args[position:]
        if argument.startswith("-") and argument != "-":
            current = argument if argument in repeatable else None
            if current is None:
                spelled_out.append(argument)
        elif current is not None:
            spelled_out += [current, argument]
        else:
            spelled_out.append(argument)
    return spelled_out


def example(line):
    """Returns a help page's last paragraph: a command to copy, never wrapped."""
    return f"\b\nExample:\n  {line}"


def column_names(ctx, param, value):
    """Turns `--columns text,label` into a list; a click callback."""
    return None if value is None else [name.strip() for name in value.split(",")]


COLUMNS_HELP = "Names of the columns of files without a header, in order, separated by commas."

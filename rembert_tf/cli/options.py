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


def header_values(ctx, param, values):
    """Turns `--header "name: value"` into a dict; a click callback."""
    headers = {}
    for value in values:
        name, colon, content = value.partition(":")
        if not colon:
            raise click.BadParameter("a header is written as 'name: value'", ctx, param)
        headers[name.strip()] = content.strip()
    return headers


header_option = click.option(
    "--header",
    "headers",
    multiple=True,
    callback=header_values,
    metavar="'NAME: VALUE'",
    help="Sent with every request; repeatable.",
)

ca_file_option = click.option(
    "--ca-file", metavar="FILE", help="PEM file of the certificates to trust, for https:// and grpcs://."
)


def _use_lean_memory(ctx, param, value):
    if value:  # now, before the command imports TensorFlow
        from rembert_tf.lean_memory import use_lean_memory

        use_lean_memory()


lean_memory_option = click.option(
    "--lean-memory",
    is_flag=True,
    expose_value=False,
    callback=_use_lean_memory,
    help="On a CPU: give freed memory back at once; slower.",
)


COLUMNS_HELP = "Names of the columns of files without a header, in order, separated by commas."

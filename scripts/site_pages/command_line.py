"""The reference of the command line, from the help of the commands themselves."""

import click

from rembert_tf.cli.main import COMMANDS, rembert

MARK = "<!-- commands -->"


def filled(text):
    """Returns a page's Markdown with all commands in place of the mark: a table of them, and a section on each."""
    return text.replace(MARK, "\n".join([overview(), *map(section, COMMANDS)])) if MARK in text else text


def overview():
    """Returns the Markdown of a table of all commands."""
    rows = [f"| [{name}](#{name}) | {_cell(_plain(line))} |" for name, (_, line) in COMMANDS.items()]
    return "\n".join(["| command | |", "|---|---|", *rows, ""])


def section(name):
    """Returns the Markdown about a command: how it is typed, what it does, its options, an example."""
    command = rembert.get_command(click.Context(rembert), name)
    context = click.Context(command, info_name=name, parent=click.Context(rembert, info_name="rembert"))
    usage = " ".join(command.collect_usage_pieces(context))
    records = filter(None, (parameter.get_help_record(context) for parameter in command.params))
    rows = [f"| `{_cell(names)}` | {_cell(_plain(text))} |" for names, text in records if text]
    return "\n".join(
        [
            f"## {name}\n",
            f"```text\nrembert {name} {usage}\n```\n",
            _paragraphs(command.help),
            "| option | |\n|---|---|",
            *rows,
            "",
            _example(command.epilog),
        ]
    )


def _paragraphs(text):
    """Returns a help text as Markdown; paragraphs that click shall not wrap become blocks."""
    found = []
    for paragraph in (text or "").strip().split("\n\n"):
        if paragraph.lstrip().startswith("\b"):
            found.append("```text\n" + paragraph.replace("\b\n", "").rstrip() + "\n```")
        else:
            found.append(_plain(" ".join(paragraph.split())))
    return "\n\n".join(found) + "\n"


def _example(epilog):
    lines = [line.strip() for line in (epilog or "").replace("\b", "").splitlines()]
    commands = [line for line in lines if line and not line.startswith("Example")]
    return "```sh\n" + "\n".join(commands) + "\n```\n" if commands else ""


def _cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def _plain(text):
    """Returns a text in which nothing is taken for HTML or emphasis."""
    return text.replace("<", "&lt;").replace("*", "\\*")

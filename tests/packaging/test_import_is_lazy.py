"""Importing the package and asking any command for help stays quick: nothing heavy is loaded."""

import subprocess
import sys

import click
import pytest

from rembert_tf.cli.main import rembert

HEAVY = ["tensorflow", "tensorflow_text", "keras", "jax", "matplotlib", "sklearn", "official", "aiohttp", "grpc"]
COMMANDS = rembert.list_commands(click.Context(rembert))


def run_fresh(code):
    """Runs code in a new interpreter; returns its standard output and the heavy modules that it left imported."""
    report = f"import sys; print('heavy:', *sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)"
    result = subprocess.run([sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout, result.stderr.splitlines()[-1].split()[1:]


def commands_below(command, path):
    """The command with its path of names, and all its subcommands with theirs."""
    yield command, path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from commands_below(command.get_command(context, name), [*path, name])


def test_importing_the_package_loads_nothing_heavy_and_prints_nothing():
    assert run_fresh("import rembert_tf") == ("", [])


def test_the_overview_lists_every_command():
    output, heavy = run_fresh("from rembert_tf.cli.main import run; assert run(['--help']) == 0")
    assert heavy == []
    assert set(COMMANDS) <= {line.split()[0] for line in output.splitlines() if line.strip()}


@pytest.mark.parametrize("name", COMMANDS)
def test_help_loads_nothing_heavy(name):
    command = rembert.get_command(click.Context(rembert), name)
    for _, path in commands_below(command, [name]):
        output, heavy = run_fresh(f"from rembert_tf.cli.main import run; assert run({[*path, '--help']!r}) == 0")
        assert heavy == [], path
        assert output.startswith("Usage:"), path


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_an_example(name):
    top = rembert.get_command(click.Context(rembert), name)
    for command, path in commands_below(top, [name]):
        if not isinstance(command, click.Group):
            invocation = " ".join(["rembert", *path])
            # The usage line is made without a program name here, so only an example can hold the whole invocation.
            assert invocation in command.get_help(click.Context(command)), f"{invocation} --help shows no example"

"""scripts/find_python.sh chooses an interpreter that really works, and says in one sentence why it found none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "find_python.sh"


@pytest.fixture
def programs(tmp_path):
    """An otherwise empty folder that stands for the whole PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    return folder


def add_program(folder, name, body):
    program = folder / name
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return program


def add_working_python(folder, name):
    return add_program(folder, name, f'exec "{sys.executable}" "$@"')


def add_python_pretending(folder, name, pretence):
    """The running interpreter, but for one statement that changes what it finds out about itself."""
    return add_program(folder, name, f"""exec "{sys.executable}" -c '{pretence}; exec(sys.argv[1])' "$2" """)


def find(working_directory, programs, **variables):
    return subprocess.run(
        ["/bin/sh", str(SCRIPT)],
        cwd=working_directory,
        env={"PATH": str(programs), **variables},
        capture_output=True,
        text=True,
    )


def test_a_shim_that_fails_is_passed_over(tmp_path, programs):
    add_program(programs, "python3.11", "echo 'version not installed' >&2; exit 127")
    working = add_working_python(programs, "python3.12")
    assert find(tmp_path, programs).stdout.strip() == str(working)


def test_the_next_folder_of_the_path_is_tried_for_the_same_name(tmp_path, programs):
    broken = tmp_path / "broken"
    broken.mkdir()
    add_program(broken, "python3", "exit 1")
    working = add_working_python(programs, "python3")
    assert find(tmp_path, f"{broken}{os.pathsep}{programs}").stdout.strip() == str(working)


def test_an_interpreter_named_by_the_user_wins(tmp_path, programs):
    add_working_python(programs, "python3.11")
    named = add_working_python(programs, "my-python")
    assert find(tmp_path, programs, PYTHON="my-python").stdout.strip() == str(named)


def test_an_unsuitable_interpreter_named_by_the_user_is_not_replaced_silently(tmp_path, programs):
    add_working_python(programs, "python3.11")
    add_python_pretending(programs, "old-python", "import sys; sys.version_info = (3, 9, 1)")
    result = find(tmp_path, programs, PYTHON="old-python")
    assert (result.returncode, result.stdout) == (2, "")
    assert "old-python is Python 3.9" in result.stderr


def test_the_existing_environment_is_kept(tmp_path, programs):
    add_working_python(programs, "python3.11")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    add_working_python(tmp_path / ".venv" / "bin", "python")
    assert find(tmp_path, programs).stdout.strip() == ".venv/bin/python"


@pytest.mark.parametrize(
    ("pretence", "verdict"),
    [
        ("import sys; sys.version_info = (3, 10, 13)", "is Python 3.10"),
        ("import sys; sys.version_info = (3, 14, 0)", "is Python 3.14"),
        ('import sys; sys.modules["ensurepip"] = None', "cannot create environments (import of ensurepip halted"),
    ],
)
def test_the_refusal_is_one_sentence_that_names_what_was_found(tmp_path, programs, pretence, verdict):
    program = add_python_pretending(programs, "python3", pretence)
    result = find(tmp_path, programs)
    assert (result.returncode, result.stdout) == (2, "")
    assert f"{program} {verdict}" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_machine_without_python_is_told_so(tmp_path, programs):
    result = find(tmp_path, programs)
    assert result.returncode == 2
    assert "there is no Python on the PATH" in result.stderr

"""scripts/environment.py fills .venv once, reuses it, and never reuses a failed or foreign one.

A miniature project with a build backend of its own stands for the repository, so nothing is fetched.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "environment.py"

BACKEND = """
import pathlib, zipfile

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    if pathlib.Path("broken").exists():
        raise RuntimeError("the build broke on purpose")
    info = "miniature-1.0.dist-info"
    extras = "".join(f"Provides-Extra: {extra}\\n" for extra in ("small", "other", "all"))
    files = {
        "METADATA": f"Metadata-Version: 2.1\\nName: miniature\\nVersion: 1.0\\n{extras}",
        "WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        "RECORD": "",
    }
    name = "miniature-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory, name), "w") as wheel:
        for file, text in files.items():
            wheel.writestr(f"{info}/{file}", text)
    return name
"""


class Project:
    def __init__(self, folder):
        self.folder = folder
        (folder / "scripts").mkdir(parents=True)
        shutil.copy(SCRIPT, folder / "scripts")
        (folder / "backend.py").write_text(BACKEND)
        (folder / "pyproject.toml").write_text(
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        )
        (folder / "setup.py").write_text("# the first requirements\n")
        (folder / "constraints.txt").write_text("")

    def prepare(self, extras):
        return subprocess.run(
            [sys.executable, self.folder / "scripts" / "environment.py", extras],
            env={**os.environ, "PIP_NO_INDEX": "1"},
            capture_output=True,
            text=True,
        )

    def installs(self, extras):
        """Prepares the environment and says whether that took an installation."""
        result = self.prepare(extras)
        assert result.returncode == 0, result.stderr
        return "Installing" in result.stderr

    def has_package(self):
        return bool(list(self.folder.glob(".venv/lib/python*/site-packages/miniature-1.0.dist-info")))


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A project whose environment holds the extra `small`."""
    project = Project(tmp_path_factory.mktemp("filled") / "project")
    assert project.installs("small")
    assert project.has_package()
    return project


@pytest.fixture
def project(filled):
    """The same project, put back to its first state after the test."""
    yield filled
    (filled.folder / "broken").unlink(missing_ok=True)
    (filled.folder / "setup.py").write_text("# the first requirements\n")
    filled.prepare("small")


def test_a_second_run_reuses_the_environment(project):
    assert not project.installs("small")


def test_extras_accumulate_in_the_same_environment(project):
    marker = project.folder / ".venv" / "marker"
    marker.touch()
    assert project.installs("other")
    assert not project.installs("small,other")
    assert project.installs("all")
    assert not project.installs("small")
    assert marker.exists(), "the environment was made anew instead of being extended"


def test_changed_requirements_are_installed(project):
    (project.folder / "setup.py").write_text("# other requirements\n")
    assert project.installs("small")
    assert not project.installs("small")


def test_a_failed_installation_is_loud_and_is_not_reused(project):
    (project.folder / "setup.py").write_text("# requirements whose installation fails\n")
    (project.folder / "broken").touch()
    result = project.prepare("small")
    assert result.returncode == 1
    assert "the build broke on purpose" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("make: the installation failed")
    (project.folder / "broken").unlink()
    assert project.installs("small")


def test_a_copied_project_does_not_use_the_original_one(project, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(project.folder, copy, symlinks=True, ignore=shutil.ignore_patterns("lib"))
    assert (
        "Creating .venv"
        in subprocess.run(
            [sys.executable, copy / "scripts" / "environment.py", "small"],
            env={**os.environ, "PIP_NO_INDEX": "1"},
            capture_output=True,
            text=True,
        ).stderr
    )


def test_an_environment_made_by_someone_else_is_left_alone(tmp_path):
    project = Project(tmp_path / "project")
    precious = project.folder / ".venv" / "precious"
    precious.parent.mkdir()
    precious.touch()
    result = project.prepare("small")
    assert result.returncode == 1
    assert "was not made by this Makefile" in result.stderr
    assert precious.exists()

"""The wheel and the sdist as `make dist` builds them, and what is left of them in an empty environment."""

import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOUNTED = {
    "rembert_tf/": "rembert_tf/",
    "serving/": "rembert_tf/serving/",
    "checkpoints_tools/": "rembert_tf/checkpoints_tools/",
}
# For work on a checkout alone.
NOT_IN_THE_SDIST = (".ci/", ".github/", ".gitignore", ".pre-commit-config.yaml")

pytestmark = pytest.mark.slow


def checked(command, **options):
    """Runs a command; returns what it printed."""
    ended = subprocess.run(command, capture_output=True, text=True, **options)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def project_files():
    """The files of the project, relative to it: those that git tracks, and new ones that it does not ignore."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("only a checkout tells which files belong to the project")
    listed = checked(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT)
    return sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file())


@pytest.fixture(scope="module")
def distributions(project_files, tmp_path_factory):
    """The paths of the wheel and the sdist, built from a clean copy without the network."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in project_files:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    checked([sys.executable, "-m", "build", "--no-isolation", "--outdir", target, source])
    [wheel], [sdist] = target.glob("*.whl"), target.glob("*.tar.gz")
    return wheel, sdist


def test_an_index_would_take_them(distributions):
    said = checked([sys.executable, "-m", "twine", "check", "--strict", *distributions])
    assert said.count("PASSED") == 2


def test_the_wheel_holds_the_packages_and_nothing_else(distributions, project_files):
    with zipfile.ZipFile(distributions[0]) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    packaged = {name for name in names if ".dist-info/" not in name}
    expected = {
        mounted + name.removeprefix(folder)
        for name in project_files
        for folder, mounted in MOUNTED.items()
        if name.startswith(folder)
    }
    assert packaged == expected
    assert {name.rpartition("/")[2] for name in names - packaged} >= {"LICENSE", "METADATA", "entry_points.txt"}


def test_the_sdist_holds_the_project(distributions, project_files):
    with tarfile.open(distributions[1]) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    expected = {name for name in project_files if not name.startswith(NOT_IN_THE_SDIST)}
    assert expected <= names
    made = {name for name in names - expected if ".egg-info/" not in name}
    assert made <= {"PKG-INFO", "setup.cfg"}
    assert "LICENSE" in names


def test_an_empty_environment(distributions, tmp_path):
    """Needs an index of packages: TensorFlow and the rest of the base requirements are installed."""
    folder = tmp_path / "environment"
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    constraints = ["-c", ROOT / "constraints.txt"]
    checked([python, "-m", "pip", "install", "--quiet", "--no-cache-dir", *constraints, distributions[0]])
    checked([python, "-m", "pip", "check"])
    (tmp_path / "empty").mkdir()
    script = shutil.copy(Path(__file__).with_name("installed_checks.py"), tmp_path)
    said = checked([python, script], cwd=tmp_path / "empty")
    shutil.rmtree(folder)  # two gigabytes
    lines = said.splitlines()
    assert len(lines) > 9 and all(line.startswith("ok ") for line in lines), said

"""What a user gets from pip: the wheel's contents and the requirements it declares."""

import email
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PACKAGES = ["rembert_tf", "serving", "checkpoints_tools"]
BUILD_FILES = ["setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A copy of what the wheel is made from, since a build leaves files behind."""
    folder = tmp_path_factory.mktemp("source")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in BUILD_FILES:
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="module")
def packaged_files(source):
    """The files of each package folder, relative to it, as they were before the build."""
    files = {name: [path for path in (source / name).rglob("*") if path.is_file()] for name in PACKAGES}
    return {
        name: {path.relative_to(source / name).as_posix() for path in paths if not path.name.startswith(".")}
        for name, paths in files.items()
    }


@pytest.fixture(scope="module")
def wheel(source, packaged_files, tmp_path_factory):
    """The wheel of the present tree, built without the network."""
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-index", "--no-build-isolation"]
    built = subprocess.run([*command, "--wheel-dir", target, source], capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    with zipfile.ZipFile(next(target.glob("*.whl"))) as archive:
        yield archive


@pytest.fixture(scope="module")
def metadata(wheel):
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return email.message_from_bytes(wheel.read(name))


@pytest.fixture(scope="module")
def requirements(metadata):
    return [Requirement(line) for line in metadata.get_all("Requires-Dist")]


def required(requirements, extra=""):
    """Name -> version specifier of what the core, or one extra alone, needs."""
    chosen = [
        requirement
        for requirement in requirements
        if (requirement.marker is None) != bool(extra)
        and (requirement.marker is None or requirement.marker.evaluate({"extra": extra}))
    ]
    return {canonicalize_name(requirement.name): requirement.specifier for requirement in chosen}


def test_everything_lies_below_one_import_name(wheel):
    top_level = {name.split("/")[0] for name in wheel.namelist()}
    assert {name for name in top_level if not name.endswith(".dist-info")} == {"rembert_tf"}


@pytest.mark.parametrize("folder", PACKAGES)
def test_every_file_of_the_packages_is_installed(wheel, packaged_files, folder):
    mounted = "rembert_tf" if folder == "rembert_tf" else f"rembert_tf/{folder}"
    expected = {f"{mounted}/{path}" for path in packaged_files[folder]}
    assert expected and expected <= set(wheel.namelist())


def test_the_console_script_is_declared(wheel):
    name = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert "rembert = rembert_tf.cli.main:main" in wheel.read(name).decode()


def test_licence_and_python_versions(wheel, metadata):
    assert metadata["Name"] == "rembert-tf"
    assert any(name.endswith("/LICENSE") for name in wheel.namelist())
    admitted = SpecifierSet(metadata["Requires-Python"])
    assert [v for v in ("3.10", "3.11", "3.12", "3.13", "3.14") if v in admitted] == ["3.11", "3.12", "3.13"]


# name, releases that must be admitted, releases that must not
CORE = [
    ("tensorflow", ["2.20.0", "2.21.0"], ["2.19.1", "2.22.0"]),
    ("tensorflow-text", ["2.20.1", "2.21.1"], ["2.20.0", "2.21.0", "2.22.0"]),
    ("keras", ["3.15.0", "3.15.1"], ["3.14.0", "4.0.0"]),
    ("sentencepiece", ["0.2.0"], ["0.1.99"]),
    ("numpy", ["1.26.0", "2.4.6"], ["1.25.0"]),
]


@pytest.mark.parametrize(
    ("name", "admitted", "refused"), CORE, ids=lambda value: value if isinstance(value, str) else ""
)
def test_core_requirements_admit_the_supported_releases(requirements, name, admitted, refused):
    specifier = required(requirements)[name]
    assert [version for version in admitted + refused if version in specifier] == admitted


def test_model_garden_is_pinned_and_only_an_extra(requirements):
    assert "tf-models-official" not in required(requirements)
    specifier = required(requirements, "garden")["tf-models-official"]
    releases = ["2.19.0", "2.20.0", "2.20.1", "2.21.0"]
    assert [release for release in releases if release in specifier] == ["2.20.0", "2.20.1"]


def test_all_is_the_union_of_the_extras(requirements, metadata):
    extras = set(metadata.get_all("Provides-Extra"))
    users = {"garden", "serving", "demo", "jax", "beam", "onnx", "litert", "xtreme", "hub"}
    assert extras == {*users, "docs", "release", "test", "all"}
    union = {}
    for extra in extras - {"all"}:
        union |= required(requirements, extra)
    assert required(requirements, "all") == union


def test_the_reference_set_satisfies_every_requirement(requirements):
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    versions = {canonicalize_name(pin.name): next(iter(pin.specifier)).version for pin in pins}
    wanted = required(requirements) | required(requirements, "all")
    assert {name: versions.get(name) for name in wanted if versions.get(name) not in wanted[name]} == {}
    assert versions["tensorflow"].startswith("2.20.")

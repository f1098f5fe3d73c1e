"""The files around the code are well formed and agree with each other."""

import os
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
NOT_OURS = {".git", ".venv", "build", "dist", "runs", "node_modules"}


def files_ending_in(*suffixes):
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_OURS]
        yield from (Path(folder, name).relative_to(ROOT) for name in names if name.endswith(suffixes))


@pytest.mark.parametrize("path", sorted(files_ending_in(".yml", ".yaml")), ids=str)
def test_yaml_parses(path):
    assert list(yaml.safe_load_all((ROOT / path).read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", sorted(files_ending_in(".toml")), ids=str)
def test_toml_parses(path):
    assert tomllib.loads((ROOT / path).read_text(encoding="utf-8"))


def pins():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def test_every_constraint_is_one_exact_version():
    for pin in pins():
        assert [clause.operator for clause in pin.specifier] == ["=="], f"{pin} is not exact"
        assert pin.url is None and pin.marker is None, f"{pin} is not portable"
    names = [pin.name.lower() for pin in pins()]
    assert len(names) == len(set(names))


def test_continuous_integration_runs_make_test():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert "make test" in (ROOT / ".ci" / "run").read_text()
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())
    job = workflow["jobs"]["test"]
    assert any(step.get("run", "").startswith("make test") for step in job["steps"])
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]


def test_make_alone_lists_its_targets():
    listing = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout
    for target in ("demo", "test", "test-all", "lint", "format", "install", "clean"):
        assert f"make {target} " in listing

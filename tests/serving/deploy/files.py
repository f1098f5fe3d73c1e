"""Reads the deployment's files, in a folder that `write_deployment` wrote or as they lie in the repository."""

import json
from pathlib import Path

import yaml

FILES = Path(__file__).resolve().parents[3] / "serving/deploy/files"
GUIDE = FILES.parents[2] / "docs/guides/deployment.md"
METRICS_PATH = "/monitoring/prometheus/metrics"
NAMES = sorted(path.relative_to(FILES).as_posix() for path in FILES.rglob("*") if path.is_file())
KUBERNETES = [name for name in NAMES if name.startswith("kubernetes/") and name.count("/") == 1]


class _OneKeyOnce(yaml.SafeLoader):
    """YAML takes the last of two equal keys without a word."""


def _mapping(loader, node):
    keys = [key.value for key, _ in node.value]
    assert len(set(keys)) == len(keys), f"a key stands twice: {keys}"
    return loader.construct_yaml_map(node)


_OneKeyOnce.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_yaml(name, folder=FILES):
    """The only document of a YAML file."""
    return yaml.load((folder / name).read_text(encoding="utf-8"), _OneKeyOnce)


def read_dashboard(folder=FILES):
    return json.loads((folder / "grafana/dashboards/rembert.json").read_text(encoding="utf-8"))


def deployment(folder=FILES):
    return read_yaml("kubernetes/deployment.yaml", folder)


def container(folder=FILES):
    """The server's container in the Deployment."""
    [container] = deployment(folder)["spec"]["template"]["spec"]["containers"]
    return container


def flags(arguments):
    """`--name=value` words as a dict."""
    return dict(word.removeprefix("--").split("=", 1) for word in arguments)

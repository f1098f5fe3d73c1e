"""Packaging of rembert-tf: one import namespace, built from three top-level folders."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = re.search(r'__version__ = "([^"]+)"', (ROOT / "rembert_tf" / "version.py").read_text())[1]

# `serving/` and `checkpoints_tools/` stand at the top of the repository but are installed below
# `rembert_tf`: a top-level package called `serving` would collide with users' own folders.
MOUNTED_FOLDERS = {
    "rembert_tf.serving": "serving",
    "rembert_tf.checkpoints_tools": "checkpoints_tools",
}


def mounted_packages():
    packages = []
    for import_name, folder in MOUNTED_FOLDERS.items():
        packages.append(import_name)
        packages += [f"{import_name}.{package}" for package in find_packages(folder)]
    return packages


EXTRAS = {
    # Model Garden needs the TF 2.20 line. Left unpinned beside tensorflow, pip cannot resolve it.
    "garden": ["tf-models-official==2.20.*"],
    "serving": [
        "tensorflow-serving-api>=2.20,<2.22",
        "grpcio>=1.60",
        "grpcio-health-checking>=1.60,<1.82",  # later ones need protobuf 7, which TensorFlow does not take
        "aiohttp>=3.9",
        "prometheus_client>=0.20",
    ],
    # The message catalogues that the demo trains on, and what its n-gram baseline needs.
    "demo": [
        "django>=5.2,<5.3",
        "django-allauth>=65.13,<66",
        "sphinx>=9.0,<9.1",
        "babel>=2.13",
        "scikit-learn>=1.4",
    ],
    "jax": ["jax>=0.4.34"],
    "beam": ["apache-beam>=2.60"],
    "onnx": ["tf2onnx>=1.16", "onnxruntime>=1.18"],
    "xtreme": ["seqeval>=1.2.2"],
    "hub": ["huggingface_hub>=0.25"],
    "test": ["pytest>=8", "pytest-xdist>=3.6", "hypothesis>=6.100", "ruff==0.14.*", "setuptools>=77"],
}
EXTRAS["all"] = sorted({requirement for extra in EXTRAS.values() for requirement in extra})

setup(
    name="rembert-tf",
    version=VERSION,
    description="RemBERT for TensorFlow and Keras 3: train with model.fit, serve raw strings with TensorFlow Serving",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11,<3.14",
    packages=find_packages(include=["rembert_tf", "rembert_tf.*"]) + mounted_packages(),
    package_dir=MOUNTED_FOLDERS,
    include_package_data=True,
    install_requires=[
        "tensorflow>=2.20,<2.22",
        "tensorflow-text>=2.20.1,!=2.21.0,<2.22",
        "keras>=3.15,<4",
        "sentencepiece>=0.2",
        "numpy>=1.26",
        "safetensors>=0.4.3",
        "pyyaml>=6",
        "click>=8.1",
        "rich>=13",
        "matplotlib>=3.8",
        "tensorboard>=2.20",
        "setuptools<82",  # TensorBoard 2.20 imports pkg_resources, which setuptools 82 removed
    ],
    extras_require=EXTRAS,
    entry_points={"console_scripts": ["rembert = rembert_tf.cli.main:main"]},
)

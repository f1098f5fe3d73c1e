"""Python of the documentation that no other test runs, a page after the other, each in an empty folder."""

import doctest
import importlib

import pytest

import rembert_tf
from tests.docs.blocks import blocks_of
from tests.docs.programs import GIVEN, PAGES_RUN_HERE, SLOW, make_files
from tests.docs.reference import entries

PARAMETERS = [pytest.param(page, marks=[pytest.mark.slow] * (page in SLOW)) for page in PAGES_RUN_HERE]
# Examples that ask a server: docs/guides/serving.md has the same calls, and its program is run.
ASK_A_SERVER = {"AsyncClient", "Client", "ModelServer"}


@pytest.fixture
def folder(tmp_path, monkeypatch, text_config, small_tokenizer):
    make_files(tmp_path, text_config, small_tokenizer)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PARAMETERS)
def test_programs_run(page, folder):
    """Later blocks of a page use what earlier ones made."""
    names = {}
    exec(GIVEN.get(page, ""), names)
    for block in blocks_of(page):
        if block.language == "python":
            exec(compile(block.text, f"{page}:{block.line}", "exec"), names)


def test_examples_of_docstrings_print_what_they_show(folder):
    names = {name: getattr(rembert_tf, name) for name in rembert_tf.__all__}
    tried = set()
    for entry in entries():
        module, _, name = entry.rpartition(".")
        text = getattr(importlib.import_module(module), name).__doc__
        if ">>> " in text and name not in ASK_A_SERVER:
            example = doctest.DocTestParser().get_doctest(text, dict(names), name, None, 0)
            assert doctest.DocTestRunner(verbose=False).run(example).failed == 0, name
            tried.add(name)
    assert {"RemBertModel", "RemBertTokenizer", "RemBertTokenizerFast"} <= tried

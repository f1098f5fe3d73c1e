"""The API reference shows every public name, and every docstring on it tells about each argument and the outcome."""

import ast
import importlib
import inspect
import logging

import pytest

import rembert_tf
from tests.docs.reference import Warnings, entries, lazy_packages, options, read_package, shown

# Wherever names are imported lazily they are public.
PACKAGES = ("rembert_tf", *sorted(lazy_packages()))
# Methods that ../shared's contract and the guides promise, by the page entry that shows them.
PROMISED = {
    "rembert_tf.config.RemBertConfig": "replace from_pretrained from_dict to_dict save_pretrained",
    "rembert_tf.models.causal_lm.RemBertForCausalLM": "call generate",
    "rembert_tf.models.pretrained.PretrainedModel": (
        "from_pretrained save_pretrained resize_token_embeddings enable_lora"
    ),
    "rembert_tf.tokenization.tokenizer_base.TokenizerBase": (
        "__call__ from_pretrained save_pretrained save_vocabulary vocab_size get_vocab all_special_ids "
        "add_special_tokens convert_tokens_to_ids convert_ids_to_tokens convert_tokens_to_string encode "
        "build_inputs_with_special_tokens create_token_type_ids_from_sequences get_special_tokens_mask"
    ),
    "rembert_tf.tokenization.fast_tokenizer.RemBertTokenizerFast": "tokenize decode batch_decode",
    "rembert_tf.tokenization.tokenizer.RemBertTokenizer": "tokenize decode batch_decode",
}
# Classes whose arguments stand with another entry, which their docstring names.
ARGUMENTS_ELSEWHERE = {
    "rembert_tf.serving.client.async_client.AsyncClient": "Client",
    "rembert_tf.tokenization.fast_tokenizer.RemBertTokenizerFast": "TokenizerBase",
    "rembert_tf.tokenization.tokenizer.RemBertTokenizer": "TokenizerBase",
    "rembert_tf.models.task_model.TaskModel": "PretrainedModel",
}


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    pytest.importorskip("griffe", reason="the docs extra is not installed")
    return read_package(tmp_path_factory.mktemp("packages"))


@pytest.mark.parametrize("package_name", PACKAGES)
def test_every_public_name_has_an_entry(package_name):
    public = importlib.import_module(package_name)._PUBLIC
    names = {entry.rpartition(".")[2] for entry in entries()}
    assert public.keys() <= names


def test_what_is_not_public_is_shown_with_its_module():
    public = {name for package in PACKAGES for name in importlib.import_module(package)._PUBLIC}
    with_module = {entry for entry, given in options().items() if given.get("show_root_full_path")}
    assert with_module == {entry for entry in entries() if entry.rpartition(".")[2] not in public}


def test_public_names_are_those_of_the_package():
    assert set(rembert_tf.__all__) - {"__version__"} == rembert_tf._PUBLIC.keys()


@pytest.mark.parametrize("entry", PROMISED)
def test_promised_methods_are_shown(entry):
    assert set(PROMISED[entry].split()) <= set(entries()[entry])


def test_every_client_method_is_shown(package):
    """Also of what is added later."""
    client = package["serving.client.client.Client"]
    methods = {name for name, member in client.all_members.items() if member.is_function and not name.startswith("_")}
    assert methods == set(entries()["rembert_tf.serving.client.client.Client"])


def test_docstrings_are_read_without_warnings(package):
    heard = Warnings()
    logging.getLogger("griffe").addHandler(heard)
    try:
        for _, entry in shown(package):
            entry.docstring.parsed  # noqa: B018 - parses, and complains
    finally:
        logging.getLogger("griffe").removeHandler(heard)
    assert not heard.said


def test_docstrings_tell_about_arguments_and_outcome(package):
    poor = [f"{name}: {lack}" for name, entry in shown(package) for lack in lacks(entry)]
    assert not poor, "\n".join(poor)


def lacks(entry):
    """Yields what the docstring of a class, function or property does not tell."""
    if entry.docstring is None:
        yield "no docstring"
        return
    sections = {section.kind.value: section for section in entry.docstring.parsed}
    told = (
        {argument.name.lstrip("*") for argument in sections["parameters"].value} if "parameters" in sections else set()
    )
    elsewhere = ARGUMENTS_ELSEWHERE.get(entry.path)
    missing = taken(entry) - told if elsewhere is None else set()
    if elsewhere is not None and f"`{elsewhere}`" not in entry.docstring.value:
        yield f"does not say that its arguments are those of `{elsewhere}`"
    if missing:
        yield f"Args without {', '.join(sorted(missing))}"
    if (
        entry.is_function
        and gives(entry)
        and not ({"returns", "yields"} & sections.keys() or begins_with_outcome(entry))
    ):
        yield "no Returns"


def taken(entry):
    """Returns the names of the arguments of a function, or of a class; properties take none."""
    function = entry.all_members.get("__init__") if entry.is_class else entry
    parameters = getattr(function, "parameters", ())
    return {parameter.name.lstrip("*") for parameter in parameters} - {"self", "cls"}


def gives(entry):
    """Whether a function returns something."""
    [function] = ast.parse(inspect.cleandoc("\n" + entry.source)).body
    return any(isinstance(node, ast.Return) and node.value is not None for node in ast.walk(function))


def begins_with_outcome(entry):
    return entry.docstring.value.startswith(("Returns ", "Whether ", "Yields "))

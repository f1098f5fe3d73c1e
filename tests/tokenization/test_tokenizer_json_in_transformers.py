"""transformers, in both of its lines, makes our ids of the `tokenizer.json` that we write."""

import dataclasses
import json
import random
from pathlib import Path

import pytest

from rembert_tf import RemBertTokenizerFast
from tests.golden import NOTES
from tests.interop.environments import UnavailableError, python_of, run_in
from tests.tokenization import conftest
from tests.tokenization.reference import ROLES, Reference
from tests.tokenization.small_models import trained_model

pytestmark = [pytest.mark.slow, pytest.mark.interop]

PEER = Path(__file__).parent / "tokenizer_json_peer.py"

# What SentencePiece, the composition of marks, control characters, white space and literals make difficult.
ALPHABETS = (
    "abcdeAEIouy ,.",
    "\u0300\u0301\u0302\u0303\u0306\u0307\u0308\u0309\u030c\u0316\u0323\u0327\u0328\u0331\u0342\u0345éệẹăơ",
    "αηωυΑΗΩΣς",
    "\u1100\u1102\u1112\u1161\u1175\u11a8\u11ab\u11c2하한글ㄱㅏㄳ",
    "ｶﾞﾊﾟか\u3099\u309aﾞ゛漢字",
    "①㎏ﬁªº½㍿ﷺǆŉ",
    "\x00\x01\x1b\x7f\x85\u200b\u200c\u200d\ufeff\u2028\u00ad\ufffd\u0378\ufffe",
    "   \t\r\n\u00a0\u3000▁▁",
    "בְּרֵאשִׁ\u05bc\u05b0السَّ\u0651\u064e\u0654क\u093c\u094d\u09c7\u09be\u0bc6\u0bbeทำ\u0e4dຳ",
    "😀👍🏽👩🇩🇪\ufe0f",
    "<>/[]s{}",
)
LITERALS = ("<ent>", "[MASK]", "[CLS]", "[SEP]", "<unk>", "</s>", "[unused5]", "<0x41>", "［MASK］", "＜unk＞", "<s>")


def hostile_texts(count, seed=0):
    chooser = random.Random(seed)
    for _ in range(count):
        alphabets = chooser.sample(ALPHABETS, chooser.randint(1, 4))
        letters = (chooser.choice(chooser.choice(alphabets)) for _ in range(chooser.randint(1, 14)))
        yield "".join(chooser.choice(LITERALS) if chooser.random() < 0.04 else letter for letter in letters)


def lower_cased(text, reference):
    """Returns a text in small letters, letter by letter, but for the literals."""
    parts = reference.literals.split(text)
    return "".join(part if index % 2 else "".join(map(str.lower, part)) for index, part in enumerate(parts))


@dataclasses.dataclass
class Case:
    """A directory that we wrote, and what transformers made of it.

    Args:
        tokenizer: ours.
        texts, pairs: what both were given.
        answer: the peer's.
    """

    tokenizer: RemBertTokenizerFast
    texts: list
    pairs: list
    answer: dict = dataclasses.field(default_factory=dict)

    @property
    def reference(self):
        ids = {role: (getattr(self.tokenizer, role), getattr(self.tokenizer, f"{role}_id")) for role in ROLES}
        return Reference(self.tokenizer.vocabulary.model, ids)


VARIANTS = {
    "BPE": {"model_type": "bpe", "byte_fallback": True, "vocab_size": 700},
    "lower-case": {},
    "user-defined": {"user_defined_symbols": ["<ent>", "or", "d und"]},
    "identity": {"normalization_rule_name": "identity"},
    "spaces kept": {"remove_extra_whitespaces": False, "add_dummy_prefix": False},
}


@pytest.fixture(scope="module", params=["transformers-4", "transformers-5"])
def cases(request, texts, tmp_path_factory):
    """Every vocabulary and variant, answered by one line of transformers."""
    try:
        python_of(request.param)
    except UnavailableError as problem:
        pytest.skip(f"the environment {request.param} cannot be made here: {problem}")
    made, hostile = {}, list(hostile_texts(3000))
    for name in conftest.VOCABULARIES:
        loaded = conftest.load(name)
        pairs = [[pair["a"], pair["b"]] for pair in loaded.golden["pairs"]]
        made[name] = Case(loaded.tokenizer, texts + hostile, pairs)
    for name, options in VARIANTS.items():
        tokenizer = RemBertTokenizerFast(trained_model(**options), do_lower_case=name == "lower-case")
        made[name] = Case(tokenizer, texts + hostile[:1000], [])
    jobs = []
    for case in made.values():
        directory = tmp_path_factory.mktemp("tokenizer")
        case.tokenizer.save_pretrained(directory)
        (directory / "config.json").write_text('{"model_type": "rembert"}')
        jobs.append({"directory": str(directory), "texts": case.texts, "pairs": case.pairs})
    job = tmp_path_factory.mktemp("job") / "job.json"
    job.write_text(json.dumps(jobs))
    run_in(request.param, PEER, job)
    for case, entry in zip(made.values(), jobs, strict=True):
        with open(f"{entry['directory']}/peer.json") as file:
            case.answer = json.load(file)
    return request.param, made


@pytest.mark.parametrize("name", conftest.VOCABULARIES)
class TestInTransformers:
    """The three recorded vocabularies in both lines of transformers."""

    def test_all_recorded_texts_have_the_recorded_ids(self, cases, name):
        line, made = cases
        recorded = conftest.load(name).golden["strings"]
        for entry, (ids, types, mask) in zip(recorded, made[name].answer["rows"][: len(recorded)], strict=True):
            assert (ids, types) == (entry["slow"]["ids"], entry["slow"]["type_ids"]), entry["i"]
            assert mask == [1] * len(ids)
        NOTES[f"tokenizer.json, {name} in {line}"] = f"0 of {len(recorded)} recorded texts have other ids"

    def test_pairs_but_those_without_a_second_text(self, cases, name):
        """transformers takes an empty second text for none, whatever the tokenizer."""
        case = cases[1][name]
        rows = case.answer["rows"][len(case.texts) :]
        for entry, (ids, types, mask) in zip(conftest.load(name).golden["pairs"], rows, strict=True):
            expected = entry["slow"]["ids"], entry["slow"]["type_ids"]
            if not entry["b"]:
                expected = expected[0][:-1], expected[1][:-1]
            assert (ids, types) == expected, (entry["a"], entry["b"])
            assert mask == [1] * len(ids)

    def test_special_tokens_and_vocabulary(self, cases, name):
        answer, tokenizer = cases[1][name].answer, cases[1][name].tokenizer
        assert answer["length"] == len(tokenizer)
        assert answer["model_max_length"] == tokenizer.model_max_length
        assert answer["vocabulary"] == tokenizer.get_vocab()
        assert answer["special"] == {role: getattr(tokenizer, f"{role}_id") for role in answer["special"]}

    def test_decoding_what_has_nothing_special(self, cases, name):
        """transformers leaves unknown pieces out; SentencePiece writes a mark in their place."""
        case, compared = cases[1][name], 0
        processor = case.tokenizer.vocabulary.processor
        special = set(case.tokenizer.all_special_ids)
        for (ids, _, _), decoded in zip(case.answer["rows"], case.answer["decoded"], strict=True):
            if not special & set(ids[1:-1]) and len(ids) < 400:
                assert decoded == processor.decode(ids[1:-1])
                compared += 1
        assert compared > 50


@pytest.mark.parametrize("name", [*conftest.VOCABULARIES, *VARIANTS])
def test_hostile_texts_in_transformers(cases, name):
    """Any mixture of marks, letters of all widths, control characters, white space and literals."""
    line, made = cases
    case, ties = made[name], 0
    reference, tokenizer = case.reference, case.tokenizer
    for text, (ids, _, _) in zip(case.texts, case.answer["rows"], strict=False):
        assert (ids[0], ids[-1]) == (tokenizer.cls_token_id, tokenizer.sep_token_id)
        expected = reference.encode(lower_cased(text, reference) if tokenizer.do_lower_case else text)
        if ids[1:-1] != expected:
            assert reference.tied(ids[1:-1], expected), ascii(text)
            ties += 1
    assert ties <= len(case.texts) // 500
    NOTES[f"tokenizer.json, {name} in {line}, hostile texts"] = f"{ties} of {len(case.texts)} are equal-score ties"

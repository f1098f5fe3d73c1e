"""Training a vocabulary: the layout, the balance between languages, the report, and what cannot be trained."""

import itertools
import json
from collections import Counter

import pytest

from rembert_tf import RemBertTokenizerFast
from rembert_tf.cli import main
from rembert_tf.errors import InputError
from rembert_tf.tokenization.train_vocabulary import balanced, train_vocabulary, train_vocabulary_files
from rembert_tf.tokenization.vocabulary_report import number_of_words, vocabulary_report

TEXTS = [f"Wort{number} und word{number}, mot{number}" for number in range(400)]


def test_reserved_pieces_stand_where_the_released_vocabulary_has_them():
    tokenizer = RemBertTokenizerFast(train_vocabulary(TEXTS, 420))
    assert len(tokenizer) == 420
    tokens = ["[PAD]", "</s>", "<unk>", "[unused0]", "[unused308]", "[CLS]", "[SEP]", "[MASK]"]
    assert tokenizer.convert_tokens_to_ids(tokens) == [0, 1, 2, 3, 311, 312, 313, 314]
    assert tokenizer.tokenize_to_ids(["[CLS]"], split_special_tokens=True)[0][0] != 312  # no text becomes control


def test_byte_fallback_leaves_nothing_unknown():
    texts = ["ⴰⵎⴰⵣⵉⵖ", "🙂"]
    with_bytes = RemBertTokenizerFast(train_vocabulary(TEXTS, 700, byte_fallback=True))
    without = RemBertTokenizerFast(train_vocabulary(TEXTS, 420))
    assert 2 not in with_bytes(texts)["input_ids"].values
    assert 2 in without(texts)["input_ids"].values


def test_the_same_texts_give_the_same_vocabulary():
    languages = ["de", "en"] * 200
    assert train_vocabulary(TEXTS, 420, languages, seed=3) == train_vocabulary(TEXTS, 420, languages, seed=3)


def test_balancing_takes_the_square_root_of_the_sizes():
    texts = [f"en {number}" for number in range(900)] + [f"sw {number}" for number in range(100)]
    languages = ["en"] * 900 + ["sw"] * 100
    sample = Counter(text.split()[0] for text in balanced(texts, languages))
    assert sample["en"] / sample["sw"] == pytest.approx(3.0, rel=0.01)  # sqrt(900 / 100)
    assert sum(sample.values()) == pytest.approx(1000, abs=2)


def test_shares_follow_the_square_roots_whatever_the_sizes():
    sizes = {"en": 4000, "de": 1000, "sw": 250, "yo": 10, "nv": 1}
    texts = [language for language, size in sizes.items() for _ in range(size)]
    sample = Counter(balanced(texts, texts, seed=5))
    whole = sum(size**0.5 for size in sizes.values())
    for language, size in sizes.items():
        assert sample[language] == pytest.approx(len(texts) * size**0.5 / whole, abs=1)
    ordered = sorted(sizes, key=sizes.get)
    assert all(sample[small] <= sample[large] for small, large in itertools.pairwise(ordered))


def test_the_sample_depends_on_the_seed_alone():
    texts = [f"{number}" for number in range(500)]
    languages = ["en" if number % 5 else "sw" for number in range(500)]
    assert balanced(texts, languages, seed=1) == balanced(texts, languages, seed=1)
    assert balanced(texts, languages, seed=1) != balanced(texts, languages, seed=2)


def test_small_languages_repeat_evenly_and_large_ones_lose_at_random():
    texts = [f"en {number}" for number in range(900)] + [f"sw {number}" for number in range(100)]
    sample = Counter(balanced(texts, ["en"] * 900 + ["sw"] * 100, seed=1))
    assert {sample[f"sw {number}"] for number in range(100)} == {2, 3}
    assert max(sample[f"en {number}"] for number in range(900)) == 1


def test_the_long_part_is_announced_before_it_begins(tmp_path):
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS))
    messages = []
    train_vocabulary_files([tmp_path / "texts.txt"], tmp_path / "out", 420, on_step=messages.append)
    assert messages == ["training 420 pieces on 400 texts"]


def test_languages_come_from_a_column(tmp_path):
    rows = [f"{text},{'de' if number % 4 else 'en'}" for number, text in enumerate(t.replace(",", "") for t in TEXTS)]
    (tmp_path / "rows.csv").write_text("\n".join(["text,language", *rows]))
    size, texts = train_vocabulary_files([tmp_path / "rows.csv"], tmp_path / "out", 420, language_column="language")
    assert (size, texts) == (420, 400)
    assert len(RemBertTokenizerFast.from_pretrained(tmp_path / "out")) == 420


@pytest.mark.parametrize(
    ("texts", "size", "options", "message"),
    [
        (TEXTS, 315, {}, "at least 316, not 315"),
        (TEXTS, 400, {"byte_fallback": True}, "at least 572, not 400"),
        ([], 400, {}, "no text to train"),
        ([], 400, {"languages": []}, "no text to train"),
        (["", "   "], 400, {}, "no text to train"),
        (["a b"], 4000, {}, r"cannot train 4000 pieces on 1 texts: they hold no more than \d+; take a smaller"),
        (["".join(map(chr, range(0x4E00, 0x4F00)))], 400, {}, r"characters and reserved pieces alone are \d+"),
        (TEXTS, 400, {"character_coverage": 0.5}, "character_coverage must be 0.98 to 1.0, not 0.5"),
    ],
)
def test_what_cannot_be_trained(texts, size, options, message):
    with pytest.raises(InputError, match=message):
        train_vocabulary(texts, size, **options)


def test_no_text_is_left_out_for_its_length_or_a_character_in_it():
    """SentencePiece passes over long texts, and over those with its own mark of a space or a zero."""
    for text in ("zebra " * 2000, "zebra▁zebra " * 50, "zebra\0zebra " * 50):
        vocabulary = RemBertTokenizerFast(train_vocabulary([*TEXTS, text], 440)).vocabulary
        assert vocabulary.processor.encode("zebra", out_type=str) == ["▁zebra"]


REPORT_TEXTS = ["Wort1 und word2", "mot3, mot4", "Wort1 ⴰⵎⴰⵣⵉⵖ", "今日は", "今日 は"]
REPORT_LANGUAGES = ["de", "fr", "de", "ja", "zh-Hans"]


@pytest.mark.parametrize("byte_fallback", [False, True])
def test_the_report_counts_what_the_tokenizer_gives(byte_fallback):
    tokenizer = RemBertTokenizerFast(train_vocabulary(TEXTS, 700 if byte_fallback else 420, None, byte_fallback))
    report = vocabulary_report(tokenizer.vocabulary, REPORT_TEXTS, REPORT_LANGUAGES)
    assert list(report) == ["de", "fr", "ja", "zh-Hans", "all"]
    assert [report[code]["words"] for code in report] == [5, 2, 3, 3, 13]
    for code, row in report.items():
        chosen = [
            text for text, language in zip(REPORT_TEXTS, REPORT_LANGUAGES, strict=True) if code in (language, "all")
        ]
        ids = tokenizer(chosen, add_special_tokens=False)["input_ids"].values.numpy().tolist()
        spelled = [token for token in tokenizer.convert_ids_to_tokens(ids) if token.startswith("<0x")]
        assert (row["texts"], row["pieces"]) == (len(chosen), len(ids))
        assert row["unknown_rate"] == ids.count(2) / len(ids)
        assert row["byte_rate"] == len(spelled) / len(ids)
        assert row["pieces_per_word"] == len(ids) / row["words"]
    assert (report["ja"]["unknown_rate"] == 0) == byte_fallback
    assert (report["ja"]["byte_rate"] > 0) == byte_fallback


def test_a_report_on_nothing_has_no_rates():
    vocabulary = RemBertTokenizerFast(train_vocabulary(TEXTS, 420)).vocabulary
    row = vocabulary_report(vocabulary, [""])["all"]
    assert (row["texts"], row["words"], row["pieces"]) == (1, 0, 0)
    assert (row["unknown_rate"], row["byte_rate"], row["pieces_per_word"]) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("two words", "en", 2),
        ("今日は いい", "ja", 5),
        ("今日", "zh_TW", 2),
        ("สวัสดี", "TH", 6),
        ("今日", "all", 1),
        ("ሰላም፡ለዓለም", "am", 2),
        ("", "km", 0),
    ],
)
def test_words_are_characters_where_no_spaces_are_written(text, language, words):
    assert number_of_words(text, language) == words


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Runs `rembert train-tokenizer` on two files with languages; returns what it printed."""
    monkeypatch.chdir(tmp_path)
    plain = [text.replace(",", "") for text in TEXTS]
    rows = [f"{text},{'de' if number % 4 else 'en'}" for number, text in enumerate(plain)]
    (tmp_path / "rows.csv").write_text("\n".join(["text,language", *rows]))
    (tmp_path / "held.csv").write_text("text,language\nWort1 und ⴰⵎⴰⵣⵉⵖ,de\n今日,ja\n")

    def run(line, code=0):
        assert main.run(["train-tokenizer", *line.split()]) == code
        return capsys.readouterr()

    return run


def test_the_command_prints_the_report_and_keeps_it_beside_the_model(command, tmp_path):
    line = "rows.csv --output v --vocab-size 420 --languages-from-column language"
    printed = command(line)
    table = [row.split() for row in printed.out.splitlines()]
    assert [row[0] for row in table[:4]] == ["language", "de", "en", "all"]
    assert "each character counts as one" in printed.out
    assert printed.err == "420 pieces from 400 texts, in v\n"
    kept = json.loads((tmp_path / "v/vocabulary_report.json").read_text())
    assert kept["measured_on"] == ["rows.csv"]
    assert table[3][1:3] == [str(kept["rows"]["all"]["texts"]), str(kept["rows"]["all"]["words"])]

    held = command(f"{line} --report-on held.csv --json")
    result = json.loads(held.out)
    assert (result["output"], result["pieces"], result["texts"]) == ("v", 420, 400)
    assert list(result["report"]) == ["de", "ja", "all"]
    assert result["report"]["ja"]["unknown_rate"] > 0
    assert json.loads((tmp_path / "v/vocabulary_report.json").read_text())["rows"] == result["report"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "'bad.csv' is empty"),
        (b"text,language\n", "no rows below its header"),
        (b"text,language\nja,de\nnein\n", "bad.csv, line 3: 1 columns instead of 2"),
        (b"text,language\nja,de\nnein,\xff\n", "bad.csv, line 3: not UTF-8"),
        (b"text,language\nja,de\nnein, \n", "bad.csv, line 3: the column 'language' names no language"),
        (b"text,code\nja,de\n", "bad.csv has no column 'language'"),
        (b"text,language\n ,de\n", "no text to train a vocabulary on"),
    ],
)
def test_files_that_cannot_be_used(command, tmp_path, content, message):
    (tmp_path / "bad.csv").write_bytes(content)
    printed = command("bad.csv --output v --vocab-size 420 --languages-from-column language", code=2)
    assert message in printed.err
    assert not (tmp_path / "v").exists()

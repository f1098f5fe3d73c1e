"""What docs/guides shows is true: its commands and programs run in their order, and leave what it says.

Small stand-ins lie under the names that the guides use (`guide_files.py`); `guide_reader.py` tells what is appended to
commands, so that they end soon.
"""

import re
import shutil

import click
import pytest

from rembert_tf import RemBertConfig
from rembert_tf.cli.main import COMMANDS, rembert
from rembert_tf.tasks.catalogue import RETRIEVAL, TASKS, TRAINED, get_task
from rembert_tf.training.settings import FinetuneSettings
from tests.packaging.guide_files import GUIDES, blocks, make_e5, make_files
from tests.packaging.guide_reader import Reader, value_of

# Each has a test of its own: test_serving_guide.py ...
TESTED_ELSEWHERE = (
    "batch_prediction",
    "capacity",
    "corpus",
    "deployment",
    "onnx_litert",
    "playground",
    "pretraining",
    "pretraining_at_scale",
    "serving",
)
NAMES = sorted(path.stem for path in GUIDES.glob("*.md") if path.stem not in TESTED_ELSEWHERE)
TEXTS = {name: (GUIDES / f"{name}.md").read_text(encoding="utf-8") for name in NAMES}
TASK_GUIDES = {
    "text_classification": ("xnli", "pawsx", "csv"),
    "token_classification": ("udpos", "panx"),
    "question_answering": ("xquad", "mlqa", "tydiqa"),
    "multiple_choice": ("multiple-choice",),
    "masked_lm": ("mlm",),
    "causal_lm": ("clm",),
    "retrieval": RETRIEVAL,
}
STUDENTS = ("rembert distill", "rembert warm-start")
# Guides of no single task.
OTHER_GUIDES = ("distillation", "distribution", "training")
LONGEST_LINES = 190
# How a guide says a recipe's numbers, where it has no table of them.
SENTENCES = {
    "xquad": "peak learning rate {rate}, batches of {batch_size} rows, {epochs} epochs. The paper states no length; "
    "rows of {max_length} pieces",
    "multiple-choice": "peak learning rate {rate}, {batch_size} questions a batch, {epochs} epochs, {max_length} "
    "pieces a row",
    "mlm": "peak learning rate {rate} (a quarter of pre-training's, paper table 14), {batch_size} rows of {max_length} "
    "pieces, {epochs} epochs",
    "clm": "peak learning rate {rate}, {batch_size} rows of {max_length} pieces, {epochs} epochs",
}
SENTENCES |= dict.fromkeys(("mlqa", "tydiqa"), SENTENCES["xquad"])
OTHERS = ("tensorboard ", "pip ")  # commands of others


def lines_of(guide):
    """Returns the commands of a guide."""
    return [line for block in blocks(guide, "sh") for line in block.splitlines()]


def inline_code(guide):
    text = re.sub(r"```.*?```", "", TEXTS[guide], flags=re.DOTALL)
    return [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", text)]


def first_lines(guide):
    """Returns a guide's first training with all that is asked of its model; of retrieval everything."""
    lines = lines_of(guide)
    if guide == "retrieval":
        return lines
    if guide == "distillation":  # a teacher, a student, and what is made of it
        return [lines[0], *(next(line for line in lines if line.startswith(start)) for start in STUDENTS)]
    run_folder = value_of(lines[0], "--output")
    wanted = (f"rembert evaluate .* {run_folder}/best ", f"rembert predict {run_folder}/best ", ".* --resume$")
    return [lines[0], *(line for line in lines[1:] if any(re.match(pattern, line) for pattern in wanted))]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guides")
    make_files(folder)
    return folder


@pytest.fixture
def reader(files, capsys, tmp_path, monkeypatch):
    folder = tmp_path / "download"
    shutil.copytree(files, folder)
    monkeypatch.chdir(folder)
    return Reader(capsys, folder)


@pytest.mark.parametrize("guide", NAMES)
def test_the_first_training_and_what_is_asked_of_it(guide, reader):
    lines = first_lines(guide)
    assert len(lines) >= 3
    for line in lines:
        reader.run(line)


@pytest.mark.slow
@pytest.mark.parametrize("guide", NAMES)
def test_all_commands(guide, reader):
    for line in lines_of(guide):
        reader.run(line)


@pytest.mark.slow
@pytest.mark.parametrize("guide", [name for name in NAMES if blocks(name, "python")])
def test_the_programs_run(guide, reader):
    """One after the other: later ones use what earlier ones imported."""
    if guide == "retrieval":
        make_e5(reader.folder)
    names = {}
    for code in blocks(guide, "python"):
        exec(compile(code, f"{guide}.md", "exec"), names)
    assert reader.capsys.readouterr().out


def test_every_task_has_a_guide():
    assert sorted(task for tasks in TASK_GUIDES.values() for task in tasks) == sorted(TASKS)
    assert sorted([*TASK_GUIDES, *OTHER_GUIDES]) == NAMES
    for guide, tasks in TASK_GUIDES.items():
        for task in tasks:
            assert any(re.match(rf"rembert (finetune|evaluate) {task} ", line) for line in lines_of(guide))


@pytest.mark.parametrize("task", TRAINED)
def test_numbers_are_the_recipes(task):
    guide = next(guide for guide, tasks in TASK_GUIDES.items() if task in tasks)
    recipe, text = get_task(task).recipe, " ".join(TEXTS[guide].split())
    rate = f"{recipe.learning_rate:.0e}".replace("e-0", "e-")
    row = "| `{task}` | {rate} | {batch_size} | {epochs} | {max_length} |"
    assert SENTENCES.get(task, row).format(task=task, rate=rate, **vars(recipe)) in text
    for number in re.findall(r"\b\d\d\.\d\b", recipe.expected or ""):
        assert number in text


def test_defaults_are_the_settings():
    rows = re.findall(r"^\| `(--[a-z-]+)` \| ([^|]+) \|", TEXTS["training"], re.MULTILINE)
    said = {option: value for option, value in rows if re.fullmatch(r"[\d.]+|none", value)}
    defaults = vars(FinetuneSettings())
    assert len(said) == 7
    for option, value in said.items():
        assert defaults[option.lstrip("-").replace("-", "_")] == (None if value == "none" else float(value))


def test_figures_about_memory_follow_from_the_configuration():
    config, text = RemBertConfig(), TEXTS["training"]
    table = config.vocab_size * config.input_embedding_size
    block = 4 * config.hidden_size**2 + 2 * config.hidden_size * config.intermediate_size
    everything = table + config.num_hidden_layers * block + config.hidden_size**2
    adapters = config.num_hidden_layers * 2 * 2 * config.hidden_size * 8
    # Biases, LayerNorm and small tables are below 0.3 % of all.
    assert 0 < 576e6 - everything < 0.003 * 576e6 and f"that is {16 * 576e6 / 1e9:.1f} GB" in text
    assert f"the {table / 1e6:.0f} million input embeddings" in text
    assert f"{adapters / 1e6:.1f} million weights of adapters" in text


@pytest.mark.parametrize("guide", NAMES)
def test_commands_and_options_in_sentences_exist(guide):
    commands = {name: rembert.get_command(click.Context(rembert), name) for name in COMMANDS}
    spelled = {
        name: [o for p in command.params for o in p.opts + p.secondary_opts] for name, command in commands.items()
    }
    options = {name: set(spellings) for name, spellings in spelled.items()}
    used = ("finetune", "distill", "warm-start", "evaluate", "predict")
    for code in inline_code(guide):
        words = code.split()
        if words[0] == "rembert":
            assert words[1] in options
            assert {word for word in words if word.startswith("--")} <= options[words[1]]
        elif not code.startswith(OTHERS):
            said = set(re.findall(r"(?<!\S)--[a-z][a-z-]*", code))
            assert said <= set().union(*(options[name] for name in used)), code


@pytest.mark.parametrize("guide", NAMES)
def test_links_and_files_exist(guide):
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", TEXTS[guide]) if "://" not in link]
    assert not [link for link in links if not (GUIDES / link).exists()]
    tests = [code for code in inline_code(guide) if code.startswith("tests/")]
    assert not [name for name in tests if not (GUIDES.parents[1] / name).is_file()]


@pytest.mark.parametrize("guide", NAMES)
def test_it_stays_a_guide(guide):
    assert len(TEXTS[guide].splitlines()) < LONGEST_LINES
    assert "```\n```" not in TEXTS[guide]

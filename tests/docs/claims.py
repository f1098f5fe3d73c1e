"""Who runs which blocks of the documentation, and why some cannot be run."""

GUIDES = "tests/packaging/test_guides.py"
COMMANDS, PROGRAMS = f"{GUIDES}::test_all_commands", f"{GUIDES}::test_the_programs_run"
SERVING = "tests/packaging/test_serving_guide.py"
BATCH = "tests/packaging/test_batch_prediction_guide.py"
CORPUS = "tests/packaging/test_corpus_guide.py"
MIGRATION = "tests/migration/test_migration_page.py"
PORTABLE = "tests/serving/portable/test_guide.py"
PLAYGROUND = "tests/serving/playground/test_guide.py::test_the_command_and_the_program"
DEPLOY = "tests/serving/deploy/test_guide.py"
CONVERSION = "tests/packaging/test_conversion_docs.py::test_all_of_the_guide_can_be_followed"
QUICKSTART = "tests/docs/test_quickstart.py"
README = "tests/docs/test_readme_commands.py"
DATA_IS_READ = f"{GUIDES}::test_all_commands"  # the examples are the files that its commands read

# {page: {language of a block: the test that runs all such blocks of the page, or the tests that run them between them}}
RUN_BY = {
    "README.md": {
        "": f"{README}::test_commands_in_their_order",
        "python": "tests/packaging/test_readme.py::test_python_runs",
    },
    "docs/conversion.md": {"console": CONVERSION, "bash": CONVERSION, "python": CONVERSION},
    "docs/guides/batch_prediction.md": {
        "console": f"{BATCH}::test_commands_and_what_they_print",
        "json": f"{BATCH}::test_commands_and_what_they_print",
        "python": f"{BATCH}::test_the_program_runs",
        "text": f"{BATCH}::test_flags_of_clusters",
    },
    "docs/guides/capacity.md": {"sh": "tests/load_testing/test_guide.py::test_commands"},
    "docs/guides/causal_lm.md": {"sh": COMMANDS, "python": PROGRAMS},
    "docs/guides/corpus.md": {
        "console": f"{CORPUS}::test_commands_and_what_they_print",
        "python": f"{CORPUS}::test_the_program_runs",
        "text": f"{CORPUS}::test_flags_of_clusters",
    },
    "docs/guides/deployment.md": {
        "sh": f"{DEPLOY}::test_its_commands_can_be_followed",
        "yaml": f"{DEPLOY}::test_the_yaml_switches_tls_on",
    },
    "docs/guides/distillation.md": {"sh": COMMANDS},
    "docs/guides/distribution.md": {"sh": COMMANDS},
    "docs/guides/masked_lm.md": {"sh": COMMANDS, "python": PROGRAMS, "text": DATA_IS_READ},
    "docs/guides/multiple_choice.md": {"sh": COMMANDS, "python": PROGRAMS, "json": DATA_IS_READ},
    "docs/guides/onnx_litert.md": {
        "console": f"{PORTABLE}::test_commands_print_what_is_shown",
        "python": (
            f"{PORTABLE}::test_ids_of_our_tokenizer",
            f"{PORTABLE}::test_ids_of_sentencepiece_alone",
            f"{PORTABLE}::test_litert",
            f"{PORTABLE}::test_exports_in_python",
        ),
    },
    "docs/guides/playground.md": {"console": PLAYGROUND, "python": PLAYGROUND},
    "docs/guides/pretraining.md": {
        "console": "tests/packaging/test_pretraining_guide.py::test_its_commands_lead_from_text_to_a_served_model",
        "python": "tests/packaging/test_pretraining_guide.py::test_the_program_runs",
    },
    "docs/guides/question_answering.md": {"sh": COMMANDS, "python": PROGRAMS, "json": DATA_IS_READ},
    "docs/guides/retrieval.md": {"sh": COMMANDS, "python": PROGRAMS},
    "docs/guides/serving.md": {
        "console": f"{SERVING}::test_commands_and_answers",
        "python": f"{SERVING}::test_the_program_runs",
    },
    "docs/guides/text_classification.md": {"sh": COMMANDS, "python": PROGRAMS, "text": DATA_IS_READ},
    "docs/guides/token_classification.md": {"sh": COMMANDS, "python": PROGRAMS, "text": DATA_IS_READ},
    "docs/guides/training.md": {"sh": COMMANDS, "toml": DATA_IS_READ},
    "docs/migration.md": {
        "python": (f"{MIGRATION}::test_old_forms_are_python", f"{MIGRATION}::test_the_new_script_runs"),
        "sh": f"{MIGRATION}::test_both_exports",
    },
    "docs/quickstart.md": {
        "csv": f"{QUICKSTART}::test_it_can_be_followed",
        "console": f"{QUICKSTART}::test_it_can_be_followed",
        "python": f"{QUICKSTART}::test_it_can_be_followed",
    },
    "docs/troubleshooting.md": {"console": "tests/migration/test_troubleshooting.py::test_first_steps_run"},
}

INSTALLS = "it installs packages, for minutes, from a network; tests/packaging/test_environment.py tests the script"
RECORDED = "figures of a run of minutes or hours, pasted from it"
HOURS = "it takes hours"
# {(page, how a block begins): why nobody runs it}; its commands are parsed all the same.
NOT_RUN = {
    ("README.md", "git clone <this repository> rembert-tf && cd rembert-tf"): INSTALLS,
    ("README.md", ".venv/bin/rembert demo --output runs/demo"): f"{RECORDED}; tests/demo runs the demo in small",
    ("README.md", ".venv/bin/ruff check ."): "the output of the tests themselves",
    ("CONTRIBUTING.md", "make install  "): INSTALLS,
    ("CONTRIBUTING.md", "make constraints PYTHON=python3.11"): INSTALLS,
    (
        "docs/ablations.md",
        "$ rembert experiment all --data text-*.txt --tasks download --output runs/experiments",
    ): HOURS,
    (
        "docs/benchmarks.md",
        "rembert bench  ",
    ): "it measures for minutes, with PyTorch in an environment of its own; tests/cli runs the command in small",
    (
        "docs/benchmarks.md",
        "python benchmarks/speed_texts.py --data DATA --output texts/",
    ): "its data is not part of the repository",
    (
        "docs/guides/distillation.md",
        "runs/small/best  dev accuracy",
    ): RECORDED,
    (
        "docs/guides/distillation.md",
        "rembert finetune csv --config small.json",
    ): "how the table above it was measured, for an hour",
    (
        "docs/guides/distribution.md",
        "export HOSTS=",
    ): "fixed ports; tests/training/distribution runs two workers on free ones",
    (
        "docs/guides/distribution.md",
        "rembert finetune xnli --model google-rembert --train xnli/train-en.tsv --dev xnli/dev-en.tsv "
        "--output runs/tpu",
    ): "it needs a TPU",
    ("docs/guides/distribution.md", "import keras"): "it needs eight JAX devices and the whole model's memory",
    (
        "docs/guides/serving.md",
        "docker run ",
    ): "it needs Docker and an image from a registry",
    ("docs/quickstart.md", "python3.11 -m venv quickstart"): INSTALLS,
    ("docs/releasing.md", "$ make dist"): "tests/packaging/test_distributions.py builds the same in a copy",
    ("docs/releasing.md", "$ python3.11 -m venv /tmp/fresh"): INSTALLS,
    ("docs/releasing.md", "$ git tag -s v0.1.0"): "it publishes a release",
}


def claimed_tests():
    """Returns the tests that the table names."""
    found = {claim for languages in RUN_BY.values() for claim in languages.values()}
    return sorted({test for claim in found for test in ([claim] if isinstance(claim, str) else claim)})


def reason(block):
    """Returns why nobody runs a block, or None."""
    found = (why for (page, start), why in NOT_RUN.items() if page == block.page and block.first_line.startswith(start))
    return next(found, None)

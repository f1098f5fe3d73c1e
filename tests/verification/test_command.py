"""`rembert verify` as a user meets it: table, verdict, exit code."""

import json
import subprocess
import sys

import pytest

from rembert_tf.cli import main
from tests.golden import model_directory
from tests.verification.conftest import add_to_one_number


@pytest.fixture
def rembert(capsys):
    """Runs `rembert verify ...` and returns what it printed."""

    def rembert(*arguments, code=0):
        assert main.run(["verify", *map(str, arguments)]) == code
        return capsys.readouterr()

    return rembert


def test_a_reference_model_ends_with_its_verdict(rembert):
    printed = rembert(model_directory("base_model"))
    lines = printed.out.splitlines()
    assert lines[-1] == "verified against the stored reference base_model (transformers 5.23.0, torch 2.13.0)"
    table = lines[lines.index("") + 1 :]
    assert table[0].split("   ")[0] == "largest difference"
    columns = [line.rfind(" ") for line in table[1:6]]
    assert len(set(columns)) == 1  # the last column is aligned
    assert [line.split("  ")[0] for line in table[1:6]] == [
        "embedding projection",
        "encoder.layer.0",
        "encoder.layer.1",
        "encoder.layer.2",
        "pooler",
    ]
    assert "Traceback" not in printed.err


def test_a_mismatch_prints_its_table_and_ends_with_1(rembert, changed_copy):
    changed = changed_copy("base_model", add_to_one_number("encoder.layer.0.output.dense.bias", 0, 1.0))
    printed = rembert(changed, code=1)
    lines = printed.out.splitlines()
    assert lines[-1].startswith("does not match: not the weights of base_model in encoder.layer.0.output.dense.bias;")
    assert any(line.startswith("encoder.layer.2 ") for line in lines)
    assert "defect" not in printed.err


def test_json_has_the_same(rembert, changed_copy):
    changed = changed_copy("base_model", add_to_one_number("pooler.dense.bias", 0, 1.0))
    found = json.loads(rembert(changed, "--json", code=1).out)
    assert found["verdict"] == "mismatch"
    assert found["reference"] == "base_model"
    assert found["changed_weights"] == ["pooler.dense.bias"]
    assert len(found["fingerprint"]) == 64
    agrees = {layer["layer"]: layer["agrees"] for layer in found["layers"]}
    assert agrees == {name: name != "pooler" for name in agrees}
    assert set(found["layers"][0]["differences"]) == {"Keras - reference", "NumPy - reference", "Keras - NumPy"}


def test_two_directories(rembert, changed_copy):
    base, name = model_directory("base_model"), "encoder.layer.1.output.LayerNorm.weight"
    changed = changed_copy("base_model", add_to_one_number(name, 7, 0.5))
    assert rembert(base, base).out.splitlines()[-1].startswith("identical")
    lines = rembert(base, changed, code=1).out.splitlines()
    assert lines[-1].startswith("different: outputs: from encoder.layer.1 on")
    assert lines[lines.index("weights that differ:") + 1].split() == [name, "5.0e-01"]
    found = json.loads(rembert(base, changed, "--json", code=1).out)
    assert found["verdict"] == "different"
    assert found["weights"] == {name: pytest.approx(0.5)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "no configuration at 'nowhere'"),
        (["@empty"], "no configuration at"),
        (["@config only"], "has no weights"),
        (["@other family"], "model_type 'bert'"),
        (["@base", "nowhere"], "no configuration at 'nowhere'"),
        ([], "Missing argument 'DIR'"),
    ],
)
def test_a_users_mistake_is_one_sentence(rembert, changed_copy, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    changed_copy("base_model", name="base")
    changed_copy("base_model", name="other family", model_type="bert")
    (changed_copy("base_model", name="config only") / "model.safetensors").unlink()
    printed = rembert(*(argument.removeprefix("@") for argument in arguments), code=2)
    assert message in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert printed.out == ""


def test_help_states_the_exit_codes(rembert):
    text = " ".join(rembert("--help").out.split())
    assert "1 a mismatch" in text and "rembert verify runs/topic/best" in text


def test_the_second_implementation_needs_neither_tensorflow_nor_keras():
    directories = [model_directory("base_model"), model_directory("base_gelu_new")]
    code = (
        "import sys, rembert_tf.verification.verify; from rembert_tf.verification.compare import compare;"
        f"assert compare(*{directories!r}).verdict == 'different';"
        "print(sorted({'tensorflow', 'keras', 'jax', 'scipy'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "[]\n"), result.stderr

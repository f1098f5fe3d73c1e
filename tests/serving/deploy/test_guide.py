"""docs/guides/deployment.md: its commands can be followed, and its sizes come from measured ones."""

import json
import math
import re
import shlex
import urllib.request

import pytest
import yaml

from rembert_tf import RemBertForSequenceClassification
from rembert_tf.cli.main import run
from rembert_tf.serving.server import ModelServer
from rembert_tf.serving.server.settings import ServerSettings
from tests.serving.deploy.files import FILES, GUIDE, NAMES, container, deployment, read_yaml
from tests.serving.deploy.test_kubernetes import OBJECTS, VERSIONS
from tests.serving.deploy.test_monitoring import ALERTS

TEXT = GUIDE.read_text(encoding="utf-8")
SAID = " ".join(TEXT.split())
BENCHMARKS = (GUIDE.parents[1] / "benchmarks.md").read_text(encoding="utf-8")
CAPACITY = " ".join((GUIDE.parent / "capacity.md").read_text(encoding="utf-8").split())
LINES = [line for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()]
OBJECT = re.compile(r"(deployment|service)/rembert-serving-topic")
LABELS = ("accounts", "dates")
KINDS = ("float32", "bfloat16, `cpu-lean`", "bfloat16")
PARAMETERS = 576e6  # tests/packaging/test_guides.py


def measured(row):
    """The figure of a row of docs/benchmarks.md, given what stands before it."""
    return float(re.search(rf"^\| {re.escape(row)} \| ([0-9.]+) ", BENCHMARKS, re.MULTILINE)[1])


@pytest.fixture
def reader_folder(text_config, small_tokenizer, tmp_path, monkeypatch):
    """Two trained models, and nothing else."""
    model = RemBertForSequenceClassification(text_config.replace(num_hidden_layers=1, id2label=dict(enumerate(LABELS))))
    for name in ("runs/topic/best", "runs/topic-2/best"):
        model.save_pretrained(tmp_path / name)
        small_tokenizer.save_pretrained(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_its_commands_can_be_followed(reader_folder, capsys):
    """`rembert` and `curl` are run; Docker and kubectl find what they are given."""
    images, asked = set(), []
    for words in map(shlex.split, LINES):
        if words[0] == "curl" or words[:2] == ["rembert", "query"]:
            asked.append(words)
        elif words[0] == "rembert":
            quick = ["--no-warmup", "--no-check"] if words[1] == "export" else []
            assert run([*words[1:], *quick]) == 0
        elif words[0] == "docker":
            follow_docker(words[1:], reader_folder, images)
        elif words[0] == "kubectl":
            follow_kubectl(words[1:], reader_folder)
        else:
            assert words == ["cd", "production"]
    assert sorted(path.name for path in (reader_folder / "production/models/topic").iterdir()) == ["1", "2"]
    ask(asked, reader_folder, capsys)


def follow_docker(words, folder, images):
    if words[0] == "build":
        assert words[1] == "-t" and (folder / words[3] / "Dockerfile").is_file()
        images.add(words[2])
    elif words[0] == "push":
        assert words[1] in images
    else:
        assert words == ["compose", "up", "--build"] and (folder / "production/compose.yaml").is_file()


def follow_kubectl(words, folder):
    if words[0] == "apply":
        assert words[1] == "-k" and (folder / words[2] / "kustomization.yaml").is_file()
    elif words[0] == "create":
        assert words[1:3] == ["secret", "generic"]
        assert (folder / words[4].removeprefix("--from-file=")).is_file()
        assert f"secretName: {words[3]}" in (folder / "production/kubernetes/tls/kustomization.yaml").read_text()
    else:
        assert words[0] in ("rollout", "port-forward")
        assert any(OBJECT.fullmatch(word) for word in words)


def ask(requests, folder, capsys):
    """Serves the folder's models with the labels of its example, and asks what the guide asks."""
    models = (folder / "production/config/labels.config").read_text().split("  config {\n")
    config = folder / "models.config"
    config.write_text("  config {\n".join(models[:2]).replace("/models/", f"{folder}/production/models/") + "}\n")
    capsys.readouterr()
    assert len(requests) == 2
    with ModelServer(model_config_file=config, settings=ServerSettings(allow_labels_for_unavailable=True)) as server:
        for words in requests:
            *words, last = [word.replace("http://127.0.0.1:8501", server.rest_url) for word in words]
            if words[0] == "rembert":
                assert run([*words[1:], last]) == 0
                assert capsys.readouterr().out.split("\t")[0] in LABELS
            else:
                assert words[1] == "-d"
                with urllib.request.urlopen(last, words[2].encode()) as answer:
                    assert json.loads(answer.read())["predictions"][0]["label"] in LABELS


def test_files_and_objects_are_called_so():
    sentences = re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL)
    inline = [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", sentences)]
    files = r"(?:kubernetes|kserve|config|prometheus|grafana/dashboards)/[\w.]*"
    named = [name for code in inline for name in re.findall(rf"(?:^|production/)({files})", code)]
    assert len(named) > 10 and all(any(known.startswith(name) for known in NAMES) for name in named)
    assert all(OBJECT.search(code) for code in inline if code.startswith("kubectl rollout"))
    assert "rembert-tf/grpc: allowed" in (FILES / "kubernetes/network_policy.yaml").read_text()


def test_the_yaml_switches_tls_on():
    [block] = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    [component] = yaml.safe_load(block)["components"]
    assert read_yaml(f"{component}/kustomization.yaml")["kind"] == "Component"


def test_every_alert_has_its_line():
    rows = re.findall(r"^\| `(Rembert\w+)` \| (.+) \| (.+) \|$", TEXT, re.MULTILINE)
    assert [name for name, _, _ in rows] == list(ALERTS)


def test_memory_follows_from_what_was_measured():
    rows = [f"memory of the first answer, full size, {kind} | bytes of the weights | <= 1.3" for kind in KINDS]
    float32, lean, plain = map(measured, rows)
    assert f"{float32} in float32, {lean} with `--optimize cpu-lean`, {plain} with `--optimize cpu`" in SAID
    process = int(re.search(r"a process with the small model had (\d+) MB", CAPACITY)[1])
    assert f"1.0 GB is for the process ([{process} MB with" in SAID and round(process / 1e3, 1) == 1.0

    def gibibytes(ratio, width, versions):
        return math.ceil((versions * ratio * width * PARAMETERS + process * 1e6 + 0.5e9) / 2**30)

    table = re.findall(r"^\| .+ \| ([0-9.]+) \| (\d+)Gi \| (\d+)Gi \|$", TEXT, re.MULTILINE)
    shapes = [(float32, 4), (lean, 2), (plain, 2)]
    assert [(int(one), int(two)) for _, one, two in table] == [
        (gibibytes(*shape, 1), gibibytes(*shape, 2)) for shape in shapes
    ]
    assert [float(gigabytes) for gigabytes, *_ in table] == [2.3, 1.15, 1.15]
    assert container()["resources"]["limits"]["memory"] == f"{table[0][2]}Gi"
    [kserve] = read_yaml("kserve/serving_runtime.yaml")["spec"]["containers"]
    assert kserve["resources"]["limits"]["memory"] == f"{table[0][1]}Gi"


def test_times_follow_from_what_was_measured():
    rate = float(re.search(r"fastest matmul, ([0-9.]+) TFLOP/s", BENCHMARKS)[1])
    share = measured(f"forward, bfloat16, 8x128: share of the peak | fastest matmul, {rate} TFLOP/s | >= 0.8")
    assert "8x128 of 4 layers is 133 GFLOP" in BENCHMARKS and 8 * 128 == 32 * 32
    four_layers = 133e9 / (share * rate * 1e12)
    assert f"{share} x {rate} TFLOP a second in bfloat16: {four_layers:.3f} s" in SAID
    assert f"and {8 * four_layers:.1f} s for 32 layers" in SAID
    batching = (FILES / "config/batching.config").read_text()
    assert f"takes {8 * four_layers:.1f} s on two processors in bfloat16, and some {16 * four_layers:.1f} s" in batching
    [load] = re.findall(r"full size, float32 \| PyTorch's from_pretrained \| [^|]+\| [0-9.]+ \(([0-9.]+) s", BENCHMARKS)
    assert f"loading and the first answer {load} s" in SAID
    probe = container()["startupProbe"]
    assert f"may take {probe['periodSeconds'] * probe['failureThreshold']} s" in SAID
    wait = container()["lifecycle"]["preStop"]["exec"]["command"][1]
    assert f"A pod waits {wait} s before it ends" in SAID
    assert deployment()["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > int(wait)


def test_scaling_follows_from_what_was_measured():
    def served(model, server):
        row = re.search(rf"^\| {model} \| {server} \|(.+)\|$", BENCHMARKS, re.MULTILINE)[1]
        return [int(cell.split(",")[0]) for cell in row.split("|")]

    alone, _, most = served("middle", "rembert serve")
    share = round(100 * alone / most)
    comment = " ".join((FILES / "kubernetes/autoscaler.yaml").read_text().replace("#", "").split())
    assert f"makes {alone} of at most {most} a second, {share} %" in comment
    target = OBJECTS["kubernetes/autoscaler.yaml"]["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"]
    assert f"at {target} % of their processors" in SAID and f"which is {share} % of the" in SAID
    batched = served("middle", "rembert serve, batching")[2]
    assert f"6 narrow layers](../benchmarks.md#serving) answered {batched} a second with it and {most} without" in SAID
    with_batching, without = (
        re.search(rf"\| 4 layers \| {batching} \| 1 \| [0-9., ]+, ([0-9.]+) \|", CAPACITY)[1]
        for batching in ("on", "off")
    )
    assert f"answered {with_batching} a second and processor with it, {without} without" in SAID


def test_versions_that_it_claims():
    assert f"Kubernetes {VERSIONS[0]} to {VERSIONS[-1]}" in SAID
    [image] = re.findall(r"^FROM tensorflow/serving:(\S+)$", (FILES / "Dockerfile").read_text(), re.MULTILINE)
    assert f"TensorFlow Serving {image} with your models" in SAID


def test_links_lead_somewhere():
    links = [link for link in re.findall(r"\]\(([^)#]+)(?:#[\w-]+)?\)", TEXT) if "://" not in link]
    assert links and not [link for link in links if not (GUIDE.parent / link).exists()]
    headings = [line.lower() for line in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)]
    anchors = {re.sub(r"[^\w -]", "", line).replace(" ", "-") for line in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= anchors


def test_it_stays_a_guide():
    assert len(TEXT.splitlines()) < 190

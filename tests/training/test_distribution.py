"""Several devices train as one does; what cannot be had is refused in one sentence."""

import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from rembert_tf.errors import InputError
from rembert_tf.models.task_model import TaskModel
from rembert_tf.tasks.batches import Batches
from rembert_tf.training import distribution
from rembert_tf.training.cluster import Cluster, read_cluster
from rembert_tf.training.distribution import current_place, is_chief, training_scope
from rembert_tf.training.replica_batches import distributed, slice_bounds
from rembert_tf.training.settings import FinetuneSettings
from rembert_tf.training.summed_gradients import SummedGradients

ROOT = Path(__file__).resolve().parents[2]
FAST = "test_tasks[tags] or test_too_few_rows or test_replicas_drop"
PATIENCE = 1200  # seconds, for a machine that does much else
HOSTS = ["a:1", "b:2", "c:3"]


def run_checks(chosen):
    """Runs some of `mirrored_checks.py` in a process of its own."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "tests/training/mirrored_checks.py"]
    environment = {name: value for name, value in os.environ.items() if name != "TF_CONFIG"}
    environment["CUDA_VISIBLE_DEVICES"] = "-1"  # the devices are parts of the processor
    done = subprocess.run(
        [*command, "-k", chosen], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stdout[-20000:]


def test_two_devices_equal_one():
    run_checks(FAST)


@pytest.mark.slow
def test_two_devices_equal_one_in_every_task_and_setting():
    run_checks(f"not ({FAST})")


class TpuPod:
    """A strategy of several machines' cores, as far as datasets ask it: each machine has its own input pipeline."""

    def __init__(self, cores, machines):
        self.context = tf.distribute.InputContext(machines, 0, cores)

    def distribute_datasets_from_function(self, make):
        return make(self.context)


@pytest.mark.parametrize("cores", [8, 1])
def test_cores_of_one_machine_take_slices_in_turn(cores):
    batches = tf.data.Dataset.range(4 * cores).batch(2 * cores)
    parts = [part.tolist() for part in distributed(TpuPod(cores, 1), batches, cores).as_numpy_iterator()]
    assert parts == [[2 * part, 2 * part + 1] for part in range(2 * cores)]


@pytest.mark.parametrize(("cores", "machines"), [(32, 4), (16, 2)])
def test_a_tpu_of_several_machines_is_refused(cores, machines):
    with pytest.raises(InputError, match=f"the TPU's {cores} cores are those of {machines} machines"):
        distributed(TpuPod(cores, machines), tf.data.Dataset.range(64).batch(32), cores)


def tf_config(task=None, **cluster):
    return json.dumps({"cluster": cluster, "task": task or {"type": "worker", "index": 1}})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Cluster()),
        ('{"task": {"type": "worker", "index": 0}}', Cluster()),
        (tf_config(worker=HOSTS), Cluster(3, 1)),
        (tf_config({"type": "worker", "index": "2"}, worker=HOSTS), Cluster(3, 2)),
        (tf_config(chief=["d:4"], worker=HOSTS), Cluster(4, 2)),
        (tf_config({"type": "chief", "index": 0}, chief=["d:4"], worker=HOSTS), Cluster(4, 0)),
    ],
)
def test_clusters(text, expected):
    assert read_cluster(text) == expected


def test_hosts_begin_with_the_chief():
    assert read_cluster(tf_config(worker=HOSTS)).hosts == tuple(HOSTS)
    assert read_cluster(tf_config(worker=HOSTS, chief=["d:4"])).hosts == ("d:4", *HOSTS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("worker 0 of 2", "TF_CONFIG is no JSON"),
        ("[]", "TF_CONFIG is no object"),
        (json.dumps({"cluster": {"worker": HOSTS}}), "lacks the task of this process"),
        (tf_config({"type": "worker"}, worker=HOSTS), "lacks the task of this process"),
        (tf_config({"type": "worker", "index": 3}, worker=HOSTS), "the index 3, but there are 3 of type 'worker'"),
        (tf_config({"type": "worker", "index": "first"}, worker=HOSTS), "the index 'first'"),
        (tf_config({"type": "worker", "index": True}, worker=HOSTS), "the index True"),
        (tf_config({"type": "evaluator", "index": 0}, worker=HOSTS), "the task type 'evaluator'"),
        (tf_config({"type": ["worker"], "index": 0}, worker=HOSTS), "the task type"),
        (tf_config(worker=HOSTS, ps=["d:4"]), "names the task type 'ps'"),
        (tf_config(chief=["d:4", "e:5"], worker=HOSTS), "several chiefs"),
        (tf_config(worker=[]), "names no workers"),
        (tf_config(worker="a:1"), "a list of host:port"),
        (tf_config(worker=["a:http", "b:2"]), "a list of host:port"),
        (tf_config(worker=["a:1", ":70000"]), "a list of host:port"),
        (json.dumps({"cluster": "a:1"}), "a list of host:port"),
    ],
)
def test_impossible_clusters(text, message):
    with pytest.raises(InputError, match=message) as raised:
        read_cluster(text)
    assert "it should look like {" in str(raised.value)


def test_the_chief_alone_prints(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", tf_config(worker=HOSTS))
    assert [is_chief(strategy) for strategy in ("auto", "multi_worker", "mirrored")] == [False, False, True]
    monkeypatch.delenv("TF_CONFIG")
    assert is_chief("auto")


def test_one_device_is_no_strategy(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with training_scope(FinetuneSettings()) as place:
        assert current_place() is place
        assert (place.strategy, place.replicas, place.is_chief) == (None, 1, True)


@pytest.mark.parametrize(
    ("strategy", "message"),
    [("multi_worker", "multi_worker needs several workers in .* TF_CONFIG"), ("tpu", "there is no TPU here")],
)
def test_what_is_not_here(strategy, message, monkeypatch):
    for name in ("TF_CONFIG", "TPU_NAME", "KUBE_GOOGLE_CLOUD_TPU_ENDPOINTS"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InputError, match=message), training_scope(FinetuneSettings(strategy=strategy)):
        pass
    assert current_place().strategy is None


@pytest.mark.parametrize("strategy", ["mirrored", "tpu"])
def test_another_backend(strategy, monkeypatch):
    monkeypatch.setattr(distribution, "_backend", lambda: "jax")
    with pytest.raises(InputError, match=f"strategy '{strategy}' needs the TensorFlow backend, and Keras runs on jax"):
        distribution._make_place(strategy)


def test_an_unknown_strategy():
    with pytest.raises(InputError, match="strategy must be one of auto, mirrored, multi_worker, tpu, not 'horovod'"):
        FinetuneSettings(strategy="horovod")


@pytest.mark.parametrize("augmented", [False, True])
@pytest.mark.parametrize("workers", [2, 3])
def test_workers_divide_each_batch(workers, augmented):
    """Their rows together are those of one, in its order, with what was drawn for them."""
    import tensorflow as tf

    def noisy(seed, rows):
        return rows + tf.cast(tf.random.stateless_uniform(tf.shape(rows), seed, 0, 100, tf.int32), rows.dtype) * 1000

    batches = Batches(np.full(11, 4), lambda rows, width: rows, 4, augment=noisy if augmented else None)
    arguments = {"epochs": 2, "seed": 3, "skip_steps": 1}
    whole = [batch.numpy() for batch in batches.training_dataset(**arguments)]
    parts = [
        list(batches.training_dataset(**arguments, worker=worker, workers=workers).as_numpy_iterator())
        for worker in range(workers)
    ]
    assert len(whole) == 5 and {len(part) for part in parts} == {5}
    for batch, *slices in zip(whole, *parts, strict=True):
        np.testing.assert_array_equal(np.concatenate(slices), batch)
        sizes = [len(each) for each in slices]
        assert max(sizes) - min(sizes) <= 1


def test_slices_are_disjoint_and_complete():
    for rows in range(9):
        for parts in range(1, 6):
            bounds = [slice_bounds(rows, part, parts) for part in range(parts)]
            assert [row for begin, end in bounds for row in range(begin, end)] == list(range(rows))


def test_keras_has_what_is_overridden():
    """Private names of Keras 3.15: one that is gone would be overridden in vain, and training on replicas be wrong."""
    trainer = keras.Model._maybe_symbolic_build
    assert list(inspect.signature(trainer).parameters) == ["self", "iterator", "data_batch"]
    assert list(inspect.signature(TaskModel._maybe_symbolic_build).parameters) == ["self", "iterator", "data_batch"]
    reduce = keras.optimizers.AdamW._all_reduce_sum_gradients
    assert list(inspect.signature(reduce).parameters) == ["self", "grads_and_vars"]
    assert SummedGradients()._all_reduce_sum_gradients([1]) == [1]

"""How much faster are two workers than one?

    python benchmarks/scaling.py --workers 1 2 --rounds 3

Trains a classifier of random weights on random ids with `--strategy multi_worker`, in processes that have one processor
and one thread each, and prints rows a second: the same batch for all (strong scaling), and a batch that grows with the
workers (weak scaling). Settings take turns in each round; the median of the rounds counts, each the median of its
steps after the first ones. Between the workers travel, in every step, the gradients of all weights, through loopback.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time

WARM_UP = 3  # steps that compile or fill caches


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--batch-size", type=int, default=8, help="rows of one worker; strong scaling divides the most")
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--width", type=int, default=384, help="hidden_size")
    parser.add_argument("--vocabulary", type=int, default=16000)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--as-worker", type=int, help=argparse.SUPPRESS)  # the rows of its batches
    return parser.parse_args()


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def seconds_of(arguments, workers, batch_size):
    """Returns (seconds of a step, weights) of one training by some workers."""
    cluster = {"worker": [f"127.0.0.1:{port}" for port in free_ports(workers)]}
    command = [sys.executable, __file__, *sys.argv[1:], "--as-worker", str(batch_size)]
    started = []
    for index in range(workers):
        config = {"cluster": cluster, "task": {"type": "worker", "index": index}}
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        environment |= {"TF_CONFIG": json.dumps(config)} if workers > 1 else {}
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment))
        processors = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(started[-1].pid, {processors[index % len(processors)]})
    said = [process.communicate()[0] for process in started]
    if any(process.returncode for process in started):
        sys.exit("a worker failed: its error stands above.")
    return json.loads(said[0])


def work(arguments):
    """Trains as one of the workers; the chief prints its seconds."""
    import keras
    import numpy as np
    import tensorflow as tf

    from rembert_tf import RemBertConfig, RemBertForSequenceClassification
    from rembert_tf.tasks.batches import Batches
    from rembert_tf.training.distribution import training_scope
    from rembert_tf.training.optimizer import make_optimizer
    from rembert_tf.training.settings import FinetuneSettings

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    settings = FinetuneSettings(epochs=arguments.steps, batch_size=arguments.as_worker)
    config = RemBertConfig(
        vocab_size=arguments.vocabulary,
        hidden_size=arguments.width,
        num_hidden_layers=arguments.layers,
        num_attention_heads=arguments.width // 64,
        intermediate_size=4 * arguments.width,
        input_embedding_size=arguments.width // 4,
        max_position_embeddings=arguments.length,
    )
    random = np.random.default_rng(0)
    rows = arguments.as_worker
    # Before TensorFlow computes anything: workers are joined here.
    with training_scope(settings) as place:
        ids = tf.constant(random.integers(1, arguments.vocabulary, (rows, arguments.length)).astype("int32"))
        labels = tf.constant(random.integers(0, config.num_labels, rows).astype("int32"))
        batches = Batches(
            np.full(rows, arguments.length),
            lambda n, width: ({"input_ids": tf.gather(ids, n)}, tf.gather(labels, n)),
            rows,
        )
        with place.model_scope():
            model = RemBertForSequenceClassification(config)
            model.compile(optimizer=make_optimizer(1e-4, arguments.steps))
            model.optimizer.build(model.trainable_variables)
        clock = Clock()
        dataset = place.training_dataset(batches, settings, 0)
        model.fit(dataset, steps_per_epoch=arguments.steps, callbacks=[clock.callback()], shuffle=False, verbose=0)
        if place.is_chief:
            weights = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
            print(json.dumps([statistics.median(clock.seconds[WARM_UP:]), weights]))
        keras.backend.clear_session()


class Clock:
    """Seconds between the ends of steps."""

    def __init__(self):
        self.seconds, self.last = [], time.perf_counter()

    def callback(self):
        import keras

        def ended(batch, logs):
            now = time.perf_counter()
            self.seconds.append(now - self.last)
            self.last = now

        return keras.callbacks.LambdaCallback(on_train_batch_end=ended)


def main():
    arguments = parse_arguments()
    if arguments.as_worker:
        return work(arguments)
    most = max(arguments.workers)
    plans = {("strong", n): most * arguments.batch_size for n in arguments.workers}
    plans |= {("weak", n): n * arguments.batch_size for n in arguments.workers}
    seconds = {plan: [] for plan in plans}
    for _ in range(arguments.rounds):
        for plan, batch_size in plans.items():
            step, weights = seconds_of(arguments, plan[1], batch_size)
            seconds[plan].append(step)
    print(f"{weights:,} weights, {4 * weights / 1e6:.0f} MB of gradients a step, {arguments.length} pieces a row")
    print("| scaling | workers | rows a step | s a step | rows/s | times one worker |\n|---|---|---|---|---|---|")
    for (kind, workers), batch_size in plans.items():
        step = statistics.median(seconds[kind, workers])
        first = statistics.median(seconds[kind, arguments.workers[0]]) / plans[kind, arguments.workers[0]]
        times = first * batch_size / step
        print(f"| {kind} | {workers} | {batch_size} | {step:.3f} | {batch_size / step:.1f} | {times:.2f} |")


if __name__ == "__main__":
    main()

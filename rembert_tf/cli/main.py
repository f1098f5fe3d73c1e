"""The `rembert` command: a group that imports a subcommand's module only when it runs."""

import contextlib
import errno
import importlib
import os
import sys
import traceback

import click

from rembert_tf.errors import InputError
from rembert_tf.version import __version__

USER_MISTAKE = 2
OUR_MISTAKE = 1
INTERRUPTED = 130
FULL = (errno.ENOSPC, errno.EDQUOT)

# name on the command line -> (module with a click command called `command`, one line of help)
COMMANDS = {
    "demo": ("rembert_tf.cli.demo", "Train, evaluate, export and serve a small model on real text."),
    "train-tokenizer": ("rembert_tf.cli.train_tokenizer", "Train a SentencePiece vocabulary."),
    "prepare-corpus": ("rembert_tf.cli.prepare_corpus", "Make raw text into the rows that pre-training reads."),
    "finetune": ("rembert_tf.cli.finetune", "Fine-tune a model on a task."),
    "distill": ("rembert_tf.cli.distill", "Train a smaller student of a fine-tuned model."),
    "pretrain": ("rembert_tf.cli.pretrain", "Pre-train a model on text in many languages."),
    "evaluate": ("rembert_tf.cli.evaluate", "Print a model's metrics on files in a task's official format."),
    "predict": ("rembert_tf.cli.predict", "Answer every row of a file with a fine-tuned model."),
    "convert": ("rembert_tf.cli.convert", "Bring a checkpoint of any format in, or take a model directory out."),
    "inspect": ("rembert_tf.cli.inspect", "Show what is in a checkpoint of any format."),
    "verify": ("rembert_tf.cli.verify", "Hold a model against reference outputs, or against another model."),
    "trim-vocab": ("rembert_tf.cli.trim_vocab", "Keep the pieces that a corpus uses."),
    "keep-layers": ("rembert_tf.cli.keep_layers", "Keep some of a model's blocks."),
    "warm-start": ("rembert_tf.cli.warm_start", "Make a larger model, or one with another vocabulary, from a model."),
    "average": ("rembert_tf.cli.average", "Average the weights of several model directories."),
    "score": ("rembert_tf.cli.score", "Score translations against references with a BLEURT model."),
    "export": ("rembert_tf.cli.export", "Write a SavedModel that takes raw strings."),
    "serve": ("rembert_tf.cli.serve", "Serve SavedModels over REST and gRPC."),
    "query": ("rembert_tf.cli.query", "Send texts to a model server and print its answers."),
    "deploy": ("rembert_tf.cli.deploy", "Write what serves a model with containers or on Kubernetes."),
    "predict-batch": ("rembert_tf.cli.predict_batch", "Answer every row of files with a SavedModel."),
    "load-test": ("rembert_tf.cli.load_test", "Measure how much load a model server takes."),
    "bench": ("rembert_tf.cli.bench", "Measure speed and memory on this machine."),
    "experiment": ("rembert_tf.cli.experiment", "Ask the paper's questions of models trained here."),
}


class LazyGroup(click.Group):
    """A group that knows its commands' names and help without importing them."""

    def list_commands(self, ctx):
        return list(COMMANDS)

    def get_command(self, ctx, name):
        if name not in COMMANDS:
            return None
        return importlib.import_module(COMMANDS[name][0]).command

    def format_commands(self, ctx, formatter):
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line) for name, (_, help_line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rembert")
@click.option("--debug", is_flag=True, help="Show the full traceback when something fails.")
def rembert(debug):
    """RemBERT for TensorFlow: train, convert, evaluate and serve.

    Every command has --help with an example. Results go to standard output, progress and
    messages to standard error. Exit codes: 0 done, 2 something you can mend, 1 our defect.
    """


def main(arguments=None):
    """Runs the command line and exits with 0, 2 (the user's mistake) or 1 (ours)."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in arguments  # accepted anywhere, not only before the subcommand
    arguments = [argument for argument in arguments if argument != "--debug"]
    if not debug:
        # TensorFlow reports a missing GPU as an error on every start.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.exit(run(arguments, debug))


def run(arguments, debug=False):
    """Runs one command and returns its exit code."""
    try:
        return _outcome(arguments)
    except click.exceptions.NoArgsIsHelpError as help_page:
        help_page.show()
        return USER_MISTAKE
    except click.ClickException as mistake:
        return report(f"rembert: {mistake.format_message()}{_where_to_look(mistake)}", USER_MISTAKE, debug)
    except (click.Abort, KeyboardInterrupt):
        click.echo("rembert: interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        _give_up_output()
        return 0  # the reader of a pipe (`| head`) has seen enough
    except InputError as mistake:
        return report(f"rembert: {mistake}", USER_MISTAKE, debug)
    except Exception as defect:
        if isinstance(defect, OSError) and defect.errno in FULL:
            _give_up_output()
            what = "the output" if defect.filename is None else repr(defect.filename)
            return report(f"rembert: no space is left on the disk for {what}: make room.", USER_MISTAKE, debug)
        hint = "" if debug else " (this is a defect of rembert-tf; --debug shows where)"
        return report(f"rembert: {type(defect).__name__}: {defect}{hint}", OUR_MISTAKE, debug)


def _outcome(arguments):
    """Returns the exit code of a command that ended, once its output has left this process."""
    try:
        outcome = rembert.main(args=arguments, standalone_mode=False)
        return outcome if isinstance(outcome, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    finally:
        if sys.stdout is not None:  # None where it was closed from the start
            sys.stdout.flush()


def _give_up_output():
    """Keeps Python from trying again, as it ends, to write what standard output did not take."""
    with contextlib.suppress(OSError, ValueError):  # a stand-in for it has no file descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _where_to_look(mistake):
    context = getattr(mistake, "ctx", None)
    return "" if context is None else f" (see {context.command_path} --help)"


def report(message, code, debug):
    """Prints the traceback when asked, then the message, and returns the exit code."""
    if debug:
        traceback.print_exc()
    click.echo(message, err=True)
    return code


if __name__ == "__main__":
    main()

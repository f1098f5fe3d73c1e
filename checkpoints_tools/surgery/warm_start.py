"""A model directory of another depth, width or vocabulary, filled from one that is trained."""

import dataclasses
import functools

from rembert_tf.checkpoints_tools.destination import fresh_directory
from rembert_tf.checkpoints_tools.source import table
from rembert_tf.checkpoints_tools.surgery.grown_axes import grown_axes, grown_shape, grown_tensor
from rembert_tf.checkpoints_tools.surgery.grown_outputs import outputs_difference
from rembert_tf.checkpoints_tools.surgery.matched_pieces import match_pieces
from rembert_tf.checkpoints_tools.surgery.model_files import check_places, copy_other_files, open_model, write_model
from rembert_tf.checkpoints_tools.surgery.new_lm_head import TABLE, check_headless, head_config, head_tensors
from rembert_tf.checkpoints_tools.surgery.token_ids import named_ids
from rembert_tf.checkpoints_tools.surgery.warm_start_report import WarmStartReport
from rembert_tf.errors import InputError
from rembert_tf.tokenization import tokenizer_files
from rembert_tf.tokenization.tokenizer import RemBertTokenizer
from rembert_tf.tokenization.tokenizer_json import TOKENIZER_JSON_FILE
from rembert_tf.tokenization.vocabulary_report import REPORT_FILE
from rembert_tf.weights.model_directory import GENERATION_CONFIG_FILE
from rembert_tf.weights.shard_plan import parse_size
from rembert_tf.weights.weight_rows import V

BLOCK = "encoder.layer."
# What a source's weights were trained for, and what its files say: always the source's.
FROM_SOURCE = ("hidden_act", "layer_norm_eps", "id2label", "problem_type", "is_decoder", "add_cross_attention", "extra")
# They speak of the old vocabulary.
_REPLACED = (*tokenizer_files.FILES, TOKENIZER_JSON_FILE, REPORT_FILE, GENERATION_CONFIG_FILE)
_ROLES = {"pad_token_id": "pad_token", "bos_token_id": "cls_token", "eos_token_id": "sep_token"}


def warm_start(
    source,
    output,
    config=None,
    layers=None,
    sentencepiece=None,
    report=None,
    *,
    lm_head=False,
    seed=0,
    max_shard_size=None,
):
    """Writes a model directory of other sizes whose weights all come from another one.

    Wider layers repeat numbers and split the weights that read them, deeper encoders repeat the stack of blocks, other
    vocabularies take rows by spelling. Where that changes nothing of what the model computes, that is proven before the
    directory appears. Nothing is trained.

    Args:
        source: a local model directory.
        output: the new directory.
        config: RemBertConfig with the wanted sizes, or None for the source's.
        layers: blocks of the result, or None for the configuration's.
        sentencepiece: path of another vocabulary, or None to keep the source's.
        report: called as `report(done, total, note)` while it runs, or None.
        lm_head: whether a bare encoder gets a language model head, whose output table is made of the input table.
        seed: decides how weights are split, and what is new.
        max_shard_size: the largest file of weights, in bytes or as "2GB"; None means one file.

    Returns:
        A WarmStartReport.

    Raises:
        MissingFileError: there is no such directory or file.
        InputError: a width would shrink, something cannot be read, or `output` exists.
    """
    check_places([source], output)
    if max_shard_size is not None:
        parse_size(max_shard_size)
    with open_model(source) as model:
        wanted = _wanted(model, config, layers, lm_head)
        axes = grown_axes(model.config, wanted, seed, has_lm_head=TABLE in model.tensors)
        matched, tokenizer = None, None
        if sentencepiece is not None:
            tokenizer = RemBertTokenizer.from_pretrained(sentencepiece)
            matched = _matched(model, tokenizer)
            ids = {field: tokenizer.vocabulary.special_id(role) for field, role in _ROLES.items()}
            wanted = wanted.replace(vocab_size=len(matched.rows), **ids)
        tensors = _tensors(model, wanted, axes, matched)
        tensors += head_tensors(model, wanted, matched, seed) if lm_head else []
        with fresh_directory(output) as place:
            write_model(place, wanted, tensors, max_shard_size, report)
            if tokenizer is not None:
                tokenizer.save_pretrained(place)
            left_out = [name for name in model.tensors if name not in {row.name for row in table(model.config)}]
            left_out += copy_other_files(source, place, _REPLACED if tokenizer is not None else ())
            done = WarmStartReport.of(model, wanted, axes, matched, str(output), left_out)
            if not done.reasons:
                largest = outputs_difference(model.directory, place, axes, report)
                done = dataclasses.replace(done, largest_difference=largest)
            with open_model(place) as result:
                return dataclasses.replace(done, parameters=(model.parameters, result.parameters))


def _wanted(model, config, layers, lm_head):
    """Returns the result's configuration, but for its vocabulary."""
    source = model.config
    wanted = config or source
    for name in ("hidden_act", "add_cross_attention"):
        if getattr(wanted, name) != getattr(source, name):
            raise InputError(
                f"{name} is {getattr(wanted, name)!r} in the configuration and {getattr(source, name)!r} in the "
                "source: weights of one mean nothing for the other."
            )
    same = {name: getattr(source, name) for name in (*FROM_SOURCE, "vocab_size", *_ROLES)}
    if layers is not None:
        if layers < 1:
            raise InputError(f"layers must be 1 or more, not {layers}.")
        same["num_hidden_layers"] = layers
    wanted = wanted.replace(**same)
    if lm_head:
        check_headless(model)
        wanted = head_config(wanted)
    return wanted


def _matched(model, tokenizer):
    """Returns the MatchedPieces of another vocabulary, or raises an InputError where ids would change their meaning."""
    others = named_ids({name: value for name, value in model.config.to_dict().items() if name not in _ROLES})
    if others:
        raise InputError(
            f"the source's config.json names the token ids {', '.join(map(str, sorted(others)))}, which another "
            "vocabulary gives to other pieces: remove these settings first."
        )
    old = RemBertTokenizer.from_pretrained(model.directory)
    if len(old) > model.config.vocab_size:
        raise InputError(
            f"{str(model.directory)!r} has a vocabulary of {len(old)} tokens, but its vocab_size is "
            f"{model.config.vocab_size}: the vocabulary must be that of the model."
        )
    return match_pieces(old, tokenizer)


def _tensors(model, wanted, axes, matched):
    """Returns what `write_model` takes: names, shapes, and functions that make the arrays."""
    rows = {row.name: row for row in table(model.config)}
    before, after = model.config.num_hidden_layers, wanted.num_hidden_layers
    tensors = []
    for name, in_file in model.tensors.items():
        row = rows.get(name)
        if row is None:
            continue  # of a part of the family that has no place here; the report names it
        matching = matched if row.shape[0] == V else None
        shape = grown_shape(model.shape(name), row, axes)
        shape = shape if matching is None else (len(matching.rows), *shape[1:])
        read = functools.partial(_grown, model, name, row, axes, matching)
        for new_name in _names(name, in_file, before, after):
            tensors.append((new_name, shape, read))
    return tensors


def _names(name, in_file, before, after):
    """Yields a tensor's names in the result: block i comes from block i modulo the source's number of blocks."""
    if not name.startswith(BLOCK):
        yield in_file
        return
    number, rest = name.removeprefix(BLOCK).split(".", 1)
    for block in range(int(number), after, before):
        yield f"{in_file.removesuffix(name)}{BLOCK}{block}.{rest}"


def _grown(model, name, row, axes, matched):
    array = model.read(name)
    return grown_tensor(array if matched is None else matched.table(array), row, axes)

"""A model directory with only the pieces that a corpus needs, which treats that corpus as before."""

import functools
import json
from pathlib import Path

import numpy as np

from rembert_tf.checkpoints_tools.destination import fresh_directory
from rembert_tf.checkpoints_tools.json_file import read_json
from rembert_tf.checkpoints_tools.surgery.corpus import Corpus
from rembert_tf.checkpoints_tools.surgery.equal_cuts import prove_cuts
from rembert_tf.checkpoints_tools.surgery.equal_outputs import LONGEST, compare_outputs
from rembert_tf.checkpoints_tools.surgery.kept_pieces import find_kept_pieces, read_piece_list, trimmed_tokenizer
from rembert_tf.checkpoints_tools.surgery.model_files import check_places, copy_other_files, open_model, write_model
from rembert_tf.checkpoints_tools.surgery.renumbering import Renumbering
from rembert_tf.checkpoints_tools.surgery.token_ids import named_ids, renumbered
from rembert_tf.checkpoints_tools.surgery.trim_report import TrimReport
from rembert_tf.errors import InputError, MissingFileError
from rembert_tf.tokenization import tokenizer_files
from rembert_tf.tokenization.tokenizer import RemBertTokenizer
from rembert_tf.tokenization.tokenizer_json import TOKENIZER_JSON_FILE
from rembert_tf.tokenization.vocabulary import VOCABULARY_FILE
from rembert_tf.tokenization.vocabulary_report import REPORT_FILE
from rembert_tf.weights.model_directory import GENERATION_CONFIG_FILE
from rembert_tf.weights.shard_plan import parse_size
from rembert_tf.weights.weight_rows import ENCODER_ROWS, HEAD_ROWS, V

# They speak of the old vocabulary.
_REPLACED = (*tokenizer_files.FILES, TOKENIZER_JSON_FILE, REPORT_FILE)
_VOCABULARY_TENSORS = {row.name for row in ENCODER_ROWS + HEAD_ROWS if row.shape[0] == V}


def trim_vocabulary(directory, output, corpus_files, report=None, *, keep_file=None, min_count=1, max_shard_size=None):
    """Writes a copy of a model directory without the pieces, and their rows, that a corpus never uses.

    Special, control, user-defined and byte pieces all stay, and so do tokens after the last piece; the order
    stays too. Before the directory appears, it is proven for each text of the corpus that the new ids stand
    for the old ones, and for some texts that the model's outputs are the same. Texts that are not in the
    corpus may come out differently: what no piece is left for is spelled in smaller pieces or in bytes, or is
    unknown.

    Args:
        directory: a local model directory with a vocabulary.
        output: the new directory.
        corpus_files: plain text, a text a line; `.gz` and `.xz` files too.
        report: called as `report(done, total, note)` while it runs, or None.
        keep_file: a list of pieces that stay whether they are used or not, one a line.
        min_count: pieces that are used less often go too; texts with them are cut otherwise, and counted.
        max_shard_size: the largest file of weights, in bytes or as "2GB"; None means one file.

    Returns:
        A TrimReport.

    Raises:
        MissingFileError: a directory, file or vocabulary does not exist.
        InputError: something cannot be read, `output` exists, or the corpus has no text.
    """
    _check_arguments(directory, output, min_count, max_shard_size)
    corpus = Corpus(corpus_files)
    tokenizer = RemBertTokenizer.from_pretrained(directory)
    with open_model(directory) as model:
        generation = _generation_settings(directory)
        named = _ids_to_keep(model, tokenizer, generation, keep_file)
        kept = find_kept_pieces(tokenizer, corpus, named, min_count, report)
        trimmed = trimmed_tokenizer(tokenizer, kept.ids)
        proof = prove_cuts(tokenizer, trimmed, kept, corpus, report)
        numbers = Renumbering(kept.ids, tokenizer.vocab_size, model.config.vocab_size)
        with fresh_directory(output) as place:
            _write_weights(model, numbers, place, max_shard_size, report)
            _write_generation_settings(generation, numbers, place)
            trimmed.save_pretrained(place)
            left_out = copy_other_files(directory, place, _REPLACED)
            outputs = _prove_outputs(model, place, trimmed, proof.sample, numbers, report)
            with open_model(place) as result:
                parameters = (model.parameters, result.parameters)
    return TrimReport(
        directory=str(directory),
        output=str(output),
        pieces=(tokenizer.vocab_size, trimmed.vocab_size),
        parameters=parameters,
        weight_bytes=tuple(4 * count for count in parameters),
        vocabulary_bytes=(len(tokenizer.vocabulary.model), len(trimmed.vocabulary.model)),
        texts=proof.texts,
        changed_texts=proof.changed,
        unknown=(int(kept.counts[tokenizer.vocabulary.processor.unk_id()]), proof.unknown),
        min_count=min_count,
        compared_texts=outputs.texts,
        largest_difference=outputs.largest,
        left_out=left_out,
    )


def _check_arguments(directory, output, min_count, max_shard_size):
    check_places([directory], output)
    if not (Path(directory) / VOCABULARY_FILE).is_file():
        raise MissingFileError(f"{str(directory)!r} has no vocabulary to trim: {VOCABULARY_FILE} is missing.")
    if not isinstance(min_count, int) or isinstance(min_count, bool) or min_count < 1:
        raise InputError(f"min_count must be a positive integer, not {min_count!r}.")
    if max_shard_size is not None:
        parse_size(max_shard_size)


def _generation_settings(directory):
    file = Path(directory) / GENERATION_CONFIG_FILE
    return read_json(file) if file.is_file() else {}


def _ids_to_keep(model, tokenizer, generation, keep_file):
    """Returns the ids that must stay whatever the corpus holds; raises if the tables do not fit the vocabulary."""
    rows, pieces = model.config.vocab_size, tokenizer.vocab_size
    if rows < pieces:
        raise InputError(
            f"{str(model.directory)!r} has a vocabulary of {pieces} pieces, but its vocab_size is {rows}: "
            f"the vocabulary must be that of the model."
        )
    listed = set() if keep_file is None else read_piece_list(keep_file, tokenizer.vocabulary)
    return named_ids(model.config.to_dict()) | named_ids(generation) | listed


def _write_weights(model, numbers, place, max_shard_size, report):
    """Writes the weights, of the vocabulary's tables the rows that stay, and the configuration."""
    tensors = []
    for name, in_file in model.tensors.items():
        shape, read = model.shape(name), functools.partial(model.read, name)
        if name in _VOCABULARY_TENSORS:
            shape, read = (len(numbers.rows), *shape[1:]), functools.partial(_chosen_rows, read, numbers.rows)
        tensors.append((in_file, shape, read))
    write_model(place, numbers.new_config(model.config), tensors, max_shard_size, report)


def _chosen_rows(read, rows):
    return read()[rows]


def _write_generation_settings(generation, numbers, place):
    if generation:
        text = json.dumps(renumbered(generation, numbers.new_id), indent=2, ensure_ascii=False, sort_keys=True)
        (place / GENERATION_CONFIG_FILE).write_text(text + "\n", encoding="utf-8")


def _prove_outputs(model, place, trimmed, texts, numbers, report):
    """Returns an OutputDifference of the two models for some texts, or raises a RuntimeError."""
    length = min(LONGEST, model.config.max_position_embeddings)
    encoded = trimmed(texts, padding=True, truncation=True, max_length=length)
    new = {name: np.array(rows, np.int32) for name, rows in encoded.items()}
    new["token_type_ids"] = np.minimum(new["token_type_ids"], model.config.type_vocab_size - 1)
    # A special token that the model never had a row for cannot be looked up in either.
    new["input_ids"] = np.minimum(new["input_ids"], len(numbers.rows) - 1)
    old = {**new, "input_ids": numbers.rows[new["input_ids"]]}
    difference = compare_outputs(model.directory, place, old, new, numbers.rows, report)
    if not difference.agrees:
        raise RuntimeError(f"outputs of the smaller model differ by {difference.largest:.1e} from the whole model's")
    return difference

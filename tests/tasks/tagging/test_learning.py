"""A small new model learns 200 real sentences by heart: reader, features, loss, prediction and score in one."""

import keras
import pytest

from rembert_tf import RemBertConfig, RemBertForTokenClassification
from rembert_tf.tasks.tagging.baselines import most_frequent_tag_of_word
from rembert_tf.tasks.tagging.panx import Panx
from rembert_tf.tasks.tagging.udpos import UdPos
from tests.tasks.tagging.real_data import real_file

EPOCHS = 60
# Short enough that many of the sentences are split.
MAX_LENGTH = 40


@pytest.mark.slow
@pytest.mark.parametrize(("task", "file"), [(UdPos(), "ud_pos/train-en.tsv"), (Panx(), "uner/train-en.tsv")])
def test_learns_200_real_sentences(task, file, small_tokenizer):
    data = task.read([real_file(file)]).select(range(200))
    batches = task.batches(small_tokenizer, data, 16, MAX_LENGTH)
    assert len(batches) > 230
    keras.utils.set_random_seed(0)
    model = RemBertForTokenClassification(
        RemBertConfig(
            vocab_size=len(small_tokenizer),
            hidden_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            input_embedding_size=64,
            output_embedding_size=64,
            intermediate_size=256,
            max_position_embeddings=MAX_LENGTH,
            classifier_dropout_prob=0.0,
            pad_token_id=small_tokenizer.pad_token_id,
            **task.config_fields(data),
        )
    )
    # With a constant 2e-3 and no warm-up such a model ends up saying O everywhere.
    steps = EPOCHS * batches.steps_per_epoch
    rate = keras.optimizers.schedules.CosineDecay(1e-5, steps, warmup_target=1e-3, warmup_steps=steps // 10)
    model.compile(optimizer=keras.optimizers.Adam(rate))
    model.fit(
        batches.training_dataset(EPOCHS, seed=0),
        epochs=EPOCHS,
        steps_per_epoch=batches.steps_per_epoch,
        verbose=0,
    )
    scores = task.score(data, task.predict(model, small_tokenizer, data, 32, MAX_LENGTH))
    print(scores)
    assert scores["f1"] >= 0.95
    # What can be learned word by word is less than that.
    assert scores["f1"] > task.score(data, most_frequent_tag_of_word(data, data))["f1"]

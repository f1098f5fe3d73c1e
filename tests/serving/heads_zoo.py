"""A signature for every head of the contract, whose answers a test can compute in its head."""

import tensorflow as tf

from tests.serving.zoo import spec


def _characters(text):
    return tf.strings.length(text, unit="UTF8_CHAR")


class HeadsZoo(tf.Module):
    """One `serving_default` for each kind of model, with the outputs that exports of it have."""

    @tf.function(input_signature=spec("text"))
    def entities(self, text):
        """Each word is an entity of the kind "W" and its number of characters."""
        words = tf.strings.split(text)
        lengths = tf.ragged.map_flat_values(_characters, words)
        starts = tf.ragged.map_flat_values(lambda sizes: sizes + 1, lengths)
        starts = tf.RaggedTensor.from_row_splits(_exclusive_sums(starts), words.row_splits)
        kinds = tf.ragged.map_flat_values(lambda sizes: tf.strings.join(["W", tf.strings.as_string(sizes)]), lengths)
        return {
            "entity": kinds.to_tensor(""),
            "start": starts.to_tensor(),
            "end": (starts + lengths).to_tensor(),
            "score": tf.cast(lengths, tf.float32).to_tensor() / 10.0,
            "num_entities": tf.cast(words.row_lengths(), tf.int32),
        }

    @tf.function(input_signature=spec("question", "context"))
    def answer(self, question, context):
        """The context's first characters, as many as the question has."""
        end = tf.minimum(_characters(question), _characters(context))
        found = tf.strings.substr(context, tf.zeros_like(end), end, unit="UTF8_CHAR")
        return {"answer": found, "start": tf.zeros_like(end), "end": end, "score": tf.cast(end, tf.float32) / 8}

    @tf.function(input_signature=spec("question", "context"))
    def answers(self, question, context):
        """The two best: as above, and one character less."""
        best = self.answer(question, context)
        second = {
            **best,
            "answer": tf.strings.substr(best["answer"], 0, 1, unit="UTF8_CHAR"),
            "end": best["end"] * 0 + 1,
        }
        return {name: tf.stack([best[name], second[name]], axis=1) for name in best}

    @tf.function(input_signature=spec("text"))
    def fill_mask(self, text):
        """The tokens yes and no for each [MASK], with the scores 0.75 and 0.25."""
        masks = tf.strings.regex_replace(text, r"[^\[]|\[[^M]", "")
        counts = tf.strings.length(masks)
        present = tf.sequence_mask(counts)[..., tf.newaxis]
        return {
            "token": tf.where(present, tf.constant(["yes", "no"]), ""),
            "score": tf.where(present, tf.constant([0.75, 0.25]), 0.0),
            "num_masks": counts,
        }

    @tf.function(input_signature=spec("prompt") + spec("choices", shape=(None, None)))
    def choose(self, prompt, choices):
        """The longest choice; probabilities go with the lengths."""
        lengths = (
            tf.cast(tf.strings.length(choices), tf.float32)
            + 0 * tf.cast(tf.strings.length(prompt), tf.float32)[:, None]
        )
        return {
            "choice": tf.argmax(lengths, axis=1, output_type=tf.int32),
            "probabilities": lengths / tf.reduce_sum(lengths, axis=1, keepdims=True),
        }

    @tf.function(input_signature=spec("prompt"))
    def generate(self, prompt):
        """An exclamation mark; two tokens."""
        return {"text": prompt + "!", "num_tokens": tf.fill(tf.shape(prompt), 2)}

    @tf.function(input_signature=spec("text"))
    def embed(self, text):
        """Characters and bytes."""
        sizes = [_characters(text), tf.strings.length(text)]
        return {"embedding": tf.cast(tf.stack(sizes, axis=1), tf.float32)}

    @tf.function(input_signature=spec("text"))
    def tokenize(self, text):
        """Each byte's own number, padded on the left."""
        ids = tf.cast(tf.io.decode_raw(text, tf.uint8, fixed_length=8), tf.int32)[:, ::-1]
        return {"input_ids": ids, "attention_mask": tf.cast(ids > 0, tf.int32)}

    @tf.function(input_signature=spec("text"))
    def regress(self, text):
        return {"score": tf.cast(tf.strings.length(text), tf.float32)}

    @tf.function(input_signature=spec("text"))
    def several_values(self, text):
        return {"score": self.embed(text)["embedding"]}

    @tf.function(input_signature=spec("text", "text_pair"))
    def multi_label(self, text, text_pair):
        lengths = tf.cast(tf.stack([tf.strings.length(text), tf.strings.length(text_pair)], axis=1), tf.float32)
        return {"probabilities": lengths / (1 + lengths)}

    @tf.function(input_signature=spec("inputs"))
    def classify(self, inputs):
        features = {name: tf.io.FixedLenFeature([], tf.string) for name in ("text", "text_pair")}
        parsed = tf.io.parse_example(inputs, features)
        scores = self.multi_label(parsed["text"], parsed["text_pair"])["probabilities"]
        return {"classes": tf.broadcast_to(tf.constant(["sport", "天気"]), tf.shape(scores)), "scores": scores}


def _exclusive_sums(sizes):
    """Where each item begins in its row."""
    totals = tf.cumsum(sizes.values, exclusive=True)
    first_of_row = tf.gather(tf.concat([totals, [0]], axis=0), sizes.row_splits[:-1])
    return totals - tf.repeat(first_of_row, sizes.row_lengths())


def save_head(base_path, name):
    """Writes version 1 of a model whose `serving_default` is the head `name`; returns the base path."""
    zoo = HeadsZoo()
    signatures = {"serving_default": getattr(zoo, name), "tokenize": zoo.tokenize, "classify": zoo.classify}
    tf.saved_model.save(zoo, str(base_path / "1"), signatures=signatures)
    return base_path

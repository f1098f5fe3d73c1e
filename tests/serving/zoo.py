"""A SavedModel with one small signature for each rule of the contract."""

import tensorflow as tf


def spec(*names, dtype=tf.string, shape=(None,)):
    return [tf.TensorSpec(shape, dtype, name=name) for name in names]


class Zoo(tf.Module):
    """Signatures whose answers a test can compute in its head."""

    def __init__(self, version):
        super().__init__()
        self.version = tf.constant(f"v{version}")

    @tf.function(input_signature=spec("text"))
    def sentiment(self, text):
        length = tf.cast(tf.strings.length(text), tf.float32)
        probabilities = tf.stack([1 / (1 + length), length / (1 + length)], axis=1)
        return {
            "label": tf.gather(["short", "long"], tf.argmax(probabilities, axis=1)),
            "score": tf.reduce_max(probabilities, axis=1),
            "probabilities": probabilities,
        }

    @tf.function(input_signature=spec("text"))
    def regression_head(self, text):
        return {"score": tf.cast(tf.strings.length(text), tf.float32)}

    @tf.function(input_signature=spec("text"))
    def multi_label_head(self, text):
        return {"probabilities": self.sentiment(text)["probabilities"]}

    @tf.function(input_signature=spec("text"))
    def words(self, text):
        words = tf.strings.split(text)
        return {"entity": words.to_tensor(), "num_entities": tf.cast(words.row_lengths(), tf.int32)}

    @tf.function(input_signature=spec("text"))
    def echo(self, text):
        return {"text": text}

    @tf.function(input_signature=spec("text"))
    def echo_bytes(self, text):
        return {"copy_bytes": text}

    @tf.function(input_signature=spec("text"))
    def which(self, text):
        return {"version": tf.fill(tf.shape(text), self.version)}

    @tf.function(input_signature=spec("text", "text_pair"))
    def join(self, text, text_pair):
        return {"joined": text + text_pair, "length": tf.strings.length(text)}

    @tf.function(input_signature=spec("a") + spec("b"))
    def sizes(self, a, b):
        return {"a": tf.size(a)[tf.newaxis], "b": tf.size(b)[tf.newaxis]}

    @tf.function(input_signature=spec("text") + spec("choices", shape=(None, None)))
    def choose(self, text, choices):
        lengths = tf.strings.length(choices)
        return {"choice": tf.argmax(lengths, axis=1, output_type=tf.int32), "lengths": lengths + 0 * len(text)}

    @tf.function(
        input_signature=spec("i8", dtype=tf.int8)
        + spec("i32", dtype=tf.int32)
        + spec("i64", dtype=tf.int64)
        + spec("u8", dtype=tf.uint8)
        + spec("u64", dtype=tf.uint64)
        + spec("f32", dtype=tf.float32)
        + spec("f64", dtype=tf.float64)
        + spec("flag", dtype=tf.bool)
    )
    def types(self, i8, i32, i64, u8, u64, f32, f64, flag):
        inputs = {"i8": i8, "i32": i32, "i64": i64, "u8": u8, "u64": u64, "f32": f32, "f64": f64, "flag": flag}
        return {name: tf.identity(value) for name, value in inputs.items()}

    @tf.function(input_signature=spec("x", dtype=tf.float32))
    def floats(self, x):
        return {"y": tf.identity(x)}

    @tf.function(input_signature=spec("x", dtype=tf.float64))
    def doubles(self, x):
        return {"y": tf.identity(x)}

    @tf.function(input_signature=spec("x", dtype=tf.int32))
    def integers(self, x):
        return {"y": 2 * x}

    @tf.function(input_signature=spec("x", dtype=tf.float32, shape=(None, None)))
    def matrix(self, x):
        return {"y": 2 * x}

    @tf.function(input_signature=spec("x", dtype=tf.float32, shape=()))
    def scalar(self, x):
        return {"y": 2 * x}

    @tf.function(input_signature=spec("x", dtype=tf.float16))
    def half_input(self, x):
        return {"y": tf.cast(x, tf.float32)}

    @tf.function(input_signature=spec("x", dtype=tf.float32))
    def half_output(self, x):
        return {"y": tf.cast(x, tf.float16)}

    @tf.function(input_signature=spec("x", dtype=tf.float32))
    def uneven(self, x):
        return {"y": x, "z": tf.concat([x, x], axis=0)}

    @tf.function(input_signature=spec("x", dtype=tf.float32))
    def tables(self, x):
        return {"empty": tf.zeros([tf.size(x), 0]), "cube": tf.tile(x[:, None, None], [1, 2, 2])}

    @tf.function(input_signature=spec("x", dtype=tf.int32))
    def refuse(self, x):
        with tf.control_dependencies([tf.debugging.assert_less(x, 0, message="no negative number was given")]):
            return {"y": tf.identity(x)}

    @tf.function(input_signature=spec("x", dtype=tf.int32))
    def endless(self, x):
        return {"y": tf.while_loop(lambda y: tf.reduce_all(y == y), lambda y: [y + 1], [x])[0]}

    @tf.function(input_signature=[])
    def nothing(self):
        return {"y": tf.constant([1])}

    def lengths(self, inputs):
        features = {"text": tf.io.FixedLenFeature([], tf.string, ""), "bonus": tf.io.FixedLenFeature([], tf.int64, 0)}
        parsed = tf.io.parse_example(inputs, features)
        return tf.cast(tf.strings.length(parsed["text"]), tf.float32) + tf.cast(parsed["bonus"], tf.float32)

    @tf.function(input_signature=spec("inputs"))
    def classify(self, inputs):
        lengths = self.lengths(inputs)
        classes = tf.tile([["length", "half"]], [tf.size(lengths), 1])
        return {"classes": classes, "scores": tf.stack([lengths, lengths / 2], axis=1)}

    @tf.function(input_signature=spec("inputs"))
    def classes_only(self, inputs):
        return {"classes": tf.tile([["a", "b"]], [tf.size(inputs), 1])}

    @tf.function(input_signature=spec("inputs"))
    def scores_only(self, inputs):
        return {"scores": self.lengths(inputs)[:, None]}

    @tf.function(input_signature=spec("inputs"))
    def flat_scores(self, inputs):
        return {"scores": self.lengths(inputs)}

    @tf.function(input_signature=spec("inputs"))
    def regress(self, inputs):
        return {"outputs": self.lengths(inputs)}

    @tf.function(input_signature=spec("inputs"))
    def regress_column(self, inputs):
        return {"outputs": self.lengths(inputs)[:, None]}


SIGNATURES = [name for name, value in vars(Zoo).items() if hasattr(value, "get_concrete_function")]


def save_zoo(path, version):
    zoo = Zoo(version)
    signatures = {name: getattr(zoo, name) for name in SIGNATURES}
    tf.saved_model.save(zoo, str(path), signatures={"serving_default": zoo.sentiment, **signatures})

"""Where a distillation starts: a student beside its teacher."""

from rembert_tf.errors import InputError
from rembert_tf.tasks.start import load_task_model, load_what_fits, model_class
from rembert_tf.tasks.table_projection import take_tables
from rembert_tf.tokenization.fast_tokenizer import RemBertTokenizerFast
from rembert_tf.training.distillation import taught
from rembert_tf.training.hidden_states import spread_blocks
from rembert_tf.weights import locations, model_directory
from rembert_tf.weights.flavours import open_weights
from rembert_tf.weights.weight_table import weights_of, without_prefix

BLOCK = "encoder.layer.{}."
EVEN = "even"
SAME_AS_TEACHER = ("vocab_size", "pad_token_id", "bos_token_id", "eos_token_id", "is_decoder")


class TeacherAndStudent:
    """A start for `finetune_task` that makes a student and lets it learn from a teacher.

    Args:
        teacher: path of the teacher's directory, which must hold a head for the task.
        student: what makes the student: `from_blocks`, `from_config` or `from_student`.
        settings: DistillationSettings.
        teacher_dtype: Keras dtype policy of the teacher, such as "bfloat16"; None means float32.
        gradient_checkpointing: whether the student's activations are computed twice.
        asked: what `run.json` says about it.
    """

    def __init__(self, teacher, student, settings, teacher_dtype=None, gradient_checkpointing=False, asked=None):
        self.directory, self.make_student, self.settings = teacher, student, settings
        self.teacher_dtype, self.gradient_checkpointing = teacher_dtype, gradient_checkpointing
        self.asked = asked or {}
        self.teacher = None

    def __call__(self, architecture, fields, dtype=None):
        tokenizer = RemBertTokenizerFast.from_pretrained(self.directory)
        # Loaded anew each time: a run that begins again draws the same random numbers.
        self.teacher = self.load_teacher(architecture)
        student = self.make_student(self.teacher, taught(model_class(architecture)), fields, dtype)
        if self.gradient_checkpointing:
            student.gradient_checkpointing_enable()
        student.learn_from(self.teacher, self.settings)
        return student, tokenizer

    def load_teacher(self, architecture):
        """Returns the teacher; an InputError says where the directory has no head for the task."""
        return load_task_model(self.directory, architecture, self.teacher_dtype)[0]


def from_blocks(directory, layers):
    """Returns a maker of students that are the teacher with some of its blocks, everything else the same.

    Args:
        directory: of the teacher.
        layers: how many blocks, from the first; (EVEN, how many), evenly spread; or a list of numbers, from 0.
    """

    def make(teacher, taught_class, fields, dtype):
        config = model_directory.read_config(directory)
        blocks = chosen_blocks(layers, config.num_hidden_layers)
        student = taught_class(config.replace(num_hidden_layers=len(blocks), **fields), dtype=dtype)
        # From the file: the teacher in memory may be rounded.
        load_blocks(student, directory, blocks)
        return student

    make.asked = {"layers": layers}
    return make


def chosen_blocks(layers, there):
    """Returns block numbers, as `from_blocks` takes them.

    Args:
        layers: as there.
        there: blocks of the teacher.

    Raises:
        InputError: the teacher has no such blocks.
    """
    even = isinstance(layers, tuple)
    if even or isinstance(layers, int):
        count = layers[1] if even else layers
        if not 1 <= count <= there:
            raise InputError(f"layers must be 1 to {there}, as many as the teacher has, not {count}.")
        return spread_blocks(count, there) if even else list(range(count))
    if not layers or list(layers) != sorted(set(layers)) or not 0 <= layers[0] <= layers[-1] < there:
        raise InputError(
            f"layers must be numbers from 0 to {there - 1}, each once and rising, not {', '.join(map(str, layers))}."
        )
    return list(layers)


def load_blocks(student, directory, blocks):
    """Fills a student from a directory whose blocks of these numbers become its own.

    Args:
        student: a task model with `len(blocks)` blocks of the directory's sizes.
        directory: a model directory with all its weights.
        blocks: block numbers in the directory.
    """
    with locations.local_path(directory, locations.WEIGHTS) as place, open_weights(place) as reader:
        in_file = {without_prefix(name): name for name in reader.names()}
        for weight in weights_of(student):
            name = without_prefix(weight.name)
            if name.startswith(BLOCK.partition("{")[0]):
                number = int(name.split(".")[2])
                name = name.replace(BLOCK.format(number), BLOCK.format(blocks[number]), 1)
            if name not in in_file and weight.optional:
                continue  # starts new, of which the loading of the teacher has warned
            array = weight.layout.to_variable(reader.read(in_file[name]), tuple(weight.variable.shape))
            weight.variable.assign(array)


def from_config(config):
    """Returns a maker of students with new weights; input tables come from the teacher where they are no wider.

    Args:
        config: a RemBertConfig; vocabulary, special ids and labels become the teacher's.
    """

    def make(teacher, taught_class, fields, dtype):
        theirs = teacher.config
        same = {name: getattr(theirs, name) for name in SAME_AS_TEACHER}
        student = taught_class(config.replace(**{**same, **fields}), dtype=dtype)
        take_tables(student, teacher)
        return student

    make.asked = {"student": config.to_dict()}
    return make


def from_student(directory, teacher):
    """Returns a maker of students that are a model directory, whose head stays when it is of the same kind.

    Args:
        directory: of the student.
        teacher: of the teacher, whose vocabulary it must have.

    Raises:
        InputError: their vocabularies differ.
    """
    ours, theirs = (RemBertTokenizerFast.from_pretrained(place).vocabulary for place in (directory, teacher))
    if ours.model != theirs.model or ours.literals != theirs.literals:
        raise InputError(
            f"the student {str(directory)!r} and the teacher {str(teacher)!r} have different vocabularies: "
            "both must read the same ids."
        )

    def make(teacher, taught_class, fields, dtype):
        student = taught_class(model_directory.read_config(directory).replace(**fields), dtype=dtype)
        load_what_fits(student, directory, fields)
        return student

    make.asked = {"student": str(directory)}
    return make

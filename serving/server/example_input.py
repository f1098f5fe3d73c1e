"""The `Input` message of Classify and Regress: examples, with or without a shared context."""


def serialized_examples(request_input):
    """The serialized examples of a request, each with the context's features added.

    Args:
        request_input: a `tensorflow.serving.Input`.

    Returns:
        A list of bytes; empty when the request has no example.
    """
    kind = request_input.WhichOneof("kind")
    if kind == "example_list_with_context":
        # Two protobuf messages one after the other parse as their union, the later one winning.
        context = request_input.example_list_with_context.context.SerializeToString()
        return [context + e.SerializeToString() for e in request_input.example_list_with_context.examples]
    return [example.SerializeToString() for example in request_input.example_list.examples]

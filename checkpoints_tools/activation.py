"""Which form of GELU a checkpoint of Google's was trained with, and how that was decided."""

from rembert_tf.checkpoints_tools.graph_activation import activation_in_graph, graph_beside
from rembert_tf.errors import InputError

FORMS = {"gelu": "erf", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh"}


def decide_activation(config, form, said, place):
    """Returns `hidden_act`, and a sentence that says why.

    Google's code of this family computes GELU's tanh form and calls it `gelu`; Hugging Face's `gelu` is the
    erf form. So the name alone settles nothing.

    Args:
        config: the RemBertConfig with `hidden_act` as the JSON has it.
        form: "erf" or "tanh" where the JSON says so itself, as those written here do; or None.
        said: what the user asked for, or None.
        place: folder or prefix of the checkpoint, beside which a graph file may lie.

    Raises:
        InputError: the user asked for something else than a GELU.
    """
    graph = graph_beside(place)
    seen = activation_in_graph(graph) if graph is not None else None
    if said is not None:
        if said not in FORMS:
            raise InputError(f"hidden_act must be 'gelu' (erf) or 'gelu_new' (tanh), not {said!r}.")
        doubt = seen is not None and seen.hidden_act not in (None, said)
        evidence = f", though {graph.name} has {seen.seen}" if doubt else ""
        return said, f"hidden_act is {said} ({FORMS[said]}): as asked{evidence}."
    if config.hidden_act != "gelu":
        return config.hidden_act, f"hidden_act is {config.hidden_act}: as the JSON says."
    if form is not None:
        hidden_act = "gelu" if form == "erf" else "gelu_new"
        return hidden_act, f"hidden_act is {hidden_act} ({FORMS[hidden_act]}): the JSON says which form."
    if seen is not None and seen.hidden_act is not None:
        form = FORMS[seen.hidden_act]
        return seen.hidden_act, f"hidden_act is {seen.hidden_act} ({form}): {graph.name} has {seen.seen}."
    evidence = "no graph lies beside the weights" if seen is None else f"{graph.name} has {seen.seen}"
    return (
        "gelu_new",
        f"hidden_act is gelu_new (tanh): {evidence}, and Google's code means the tanh form by gelu "
        "(--hidden-act gelu for erf).",
    )

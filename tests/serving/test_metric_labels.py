"""Names of models that would end a label, a line or a sample of the Prometheus page."""

import prometheus_client
import prometheus_client.parser
import pytest

from rembert_tf.serving.server.metrics import PREFIX, ServerMetrics

HOSTILE = ['a"b', "back\\slash", "two\nlines", 'x"} 1\nup 1\n#', "a untyped\nb", "<b>|天气", "{}, ="]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_stays_one_label(name):
    metrics = ServerMetrics()
    metrics.observe_request(name, "Predict", "REST", "OK", seconds=0.01, rows=3)
    metrics.watch_gauge(f"{PREFIX}loaded", "Whether it is loaded.", ["model"], lambda: [((name,), 1)])
    page = metrics.page().decode()
    samples = [
        sample
        for family in prometheus_client.parser.text_string_to_metric_families(page)
        for sample in family.samples
        if not sample.name.endswith("_created")
    ]
    assert {sample.name for sample in samples if not sample.name.startswith(PREFIX)} == set()
    # The parser adds `_total` to the names of counters that lack it.
    named = {sample.name: sample for sample in samples if name in sample.labels.values()}
    assert named[f"{PREFIX}request_count_total"].value == 1 and named[f"{PREFIX}loaded"].value == 1
    assert named[f"{PREFIX}request_example_count_total"].value == 3
    assert {value for sample in samples for key, value in sample.labels.items() if "model" in key} == {name}

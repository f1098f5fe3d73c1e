"""Real exports of every head on the page: an answer, attention and attributions of each, and no complaint."""

import keras
import pytest

import rembert_tf
from rembert_tf.serving import export_saved_model
from rembert_tf.serving.playground import Explainer, Playground
from rembert_tf.serving.server import ModelServer
from tests.serving.exports import HEADS, VARIANTS
from tests.serving.playground.page import Page

SHOWN = [*HEADS, *(each for each in VARIANTS if each.name in ("pairs", "regression", "several labels"))]


@pytest.mark.slow
@pytest.mark.parametrize("export", SHOWN, ids=str)
def test_every_part_of_the_page(export, driver, text_config, small_tokenizer, tmp_path):
    keras.utils.set_random_seed(0)
    fields = {"num_hidden_layers": 1, "initializer_range": 0.5, **export.config}
    model = getattr(rembert_tf, export.model_class)(text_config.replace(**fields))
    model.save_pretrained(tmp_path / "model")
    small_tokenizer.save_pretrained(tmp_path / "model")
    arguments = {"max_length": 40, "warmup": False, "check": False, **export.arguments}
    export_saved_model(model, small_tokenizer, tmp_path / "export", **arguments)
    explainer = Explainer(tmp_path / "model", 40, export.arguments.get("pair", False), version=1)
    with ModelServer(tmp_path / "export", playground=Playground({"model": explainer})) as server:
        page = Page(driver, server.playground_url)
        page.open()
        page.settle()
        assert page.texts("#failure p") == [] and page.all("#answer *")
        page.one("#attention button").click()
        page.one("#attention canvas")
        page.settle()
        assert len(page.all("#attention ol li")) > 3
        page.one("#attributions-explain").click()
        page.one("#attributions-result .chips, #attributions-result .failure")
        page.settle()
        assert page.texts("#attributions-result .failure") == []
        assert len(page.all("#attributions-result li")) == len(page.all("#attention ol li"))
        page.screenshot(tmp_path / "page.png")
        assert page.console() == []

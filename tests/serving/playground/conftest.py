"""One server with a model of every kind, one browser, and the page in it."""

import keras
import pytest

from rembert_tf import RemBertForSequenceClassification
from rembert_tf.serving import export_saved_model
from rembert_tf.serving.playground import Explainer, Playground
from rembert_tf.serving.server import ModelServer
from tests.serving.heads_zoo import save_head
from tests.serving.playground.browser import DESKTOP, start_browser
from tests.serving.versions.model_configs import entry, listed

# Names of models, and the signatures of the zoo of heads that they have.
ZOO = ("entities", "answer", "answers", "fill_mask", "choose", "generate", "embed", "regress", "several_values")
LABELS = {0: "<b>animal</b>", 1: "لون", 2: "colour"}
MODEL = "topic"  # the one that is explained


@pytest.fixture(scope="session")
def topic(tmp_path_factory, text_config, small_tokenizer):
    """The directory of a small classifier, and the base path of its export."""
    path = tmp_path_factory.mktemp("topic")
    keras.utils.set_random_seed(0)
    model = RemBertForSequenceClassification(text_config.replace(initializer_range=0.5, id2label=LABELS))
    model.save_pretrained(path / "model")
    small_tokenizer.save_pretrained(path / "model")
    export_saved_model(model, small_tokenizer, path / "export", warmup=False, check=False)
    return path


@pytest.fixture(scope="session")
def playground_server(tmp_path_factory, topic):
    """Serves the classifier and the zoo of heads, with the playground."""
    base = tmp_path_factory.mktemp("heads")
    models = [entry(MODEL, topic / "export"), *(entry(name, save_head(base / name, name)) for name in ZOO)]
    (base / "models.config").write_text(listed(*models))
    playground = Playground({MODEL: Explainer(topic / "model")})
    with ModelServer(model_config_file=base / "models.config", playground=playground) as server:
        yield server


@pytest.fixture(scope="session")
def driver(tmp_path_factory):
    """A browser that nothing has been done with yet."""
    driver = start_browser(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()


@pytest.fixture
def page(driver, playground_server):
    """The playground in the browser, on a desktop's screen; nothing may be complained about in the end."""
    from tests.serving.playground.page import Page

    page = Page(driver, playground_server.playground_url)
    page.resize(*DESKTOP)
    page.prefer()
    page.console()
    yield page
    assert page.console() == []

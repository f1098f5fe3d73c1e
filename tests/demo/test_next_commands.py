import json
import shlex

from click.testing import CliRunner

from rembert_tf.cli.main import COMMANDS, rembert
from rembert_tf.demo.folder import DemoFolder
from rembert_tf.demo.next_commands import next_commands


def parsed(tmp_path):
    """The commands as a shell would split them, for a folder whose name needs quoting."""
    folder = DemoFolder(tmp_path / "it's a demo")
    return folder, [shlex.split(line) for _, line in next_commands(folder)]


def test_the_commands_name_what_the_demo_leaves(tmp_path):
    folder, (serve, curl, query, predict) = parsed(tmp_path)
    assert serve[1:] == ["serve", str(folder.exports)]
    assert predict[1:] == ["predict", str(folder.model), "--input", str(folder.sentences)]
    assert query[1] == "query" and curl[0] == "curl"


def test_every_command_parses(tmp_path):
    _, (serve, _, query, predict) = parsed(tmp_path)
    for words in (serve, query, predict):
        assert words[1] in COMMANDS
        command = rembert.get_command(None, words[1])
        command.make_context(words[1], words[2:])  # raises where an option is unknown or missing


def test_curl_and_query_ask_the_same_server_the_same_sentence(tmp_path):
    _, (_, curl, query, _) = parsed(tmp_path)
    body, url = curl[2], curl[3]
    assert url.startswith(query[2] + "/v1/models/") and url.endswith(":predict")
    assert json.loads(body)["instances"] == [query[3]]


def test_help_says_what_quick_leaves_out():
    shown = CliRunner().invoke(rembert, ["demo", "--help"])
    assert shown.exit_code == 0 and "one pass over the texts" in shown.output and "Example:" in shown.output

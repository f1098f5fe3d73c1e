import pytest

from rembert_tf.demo.server_process import ServerProcess


@pytest.mark.slow
def test_a_server_that_cannot_start_says_why(tmp_path):
    (tmp_path / "exports").mkdir()
    with (
        pytest.raises(RuntimeError, match="did not start: .*exports"),
        ServerProcess(tmp_path / "exports", tmp_path / "server.log"),
    ):
        pass

"""Which servers this run asked."""

import pytest

from tests.serving.contract import model_server_binary


@pytest.mark.skipif(
    not model_server_binary.is_installed(),
    reason=f"{model_server_binary.BINARY} is not on PATH: the contract was tested on the embedded server alone",
)
def test_the_real_server_is_asked_what_the_embedded_one_is(target):
    assert target.rest_port and target.grpc_port

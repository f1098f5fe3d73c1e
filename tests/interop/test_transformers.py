"""Every class of the family and transformers load each other's directories and compute the same."""

import pytest

from tests.interop import beam_fuzz, peft_check, transformers_check
from tests.interop.environments import UnavailableError, python_of

pytestmark = [pytest.mark.slow, pytest.mark.interop]


@pytest.fixture
def line(request):
    try:
        python_of(request.param)
    except UnavailableError as problem:
        pytest.skip(f"the environment {request.param} cannot be made here: {problem}")
    return request.param


def assert_fine(report, rows):
    report.print()
    assert len(report.worst) >= rows
    assert not report.failures, "\n".join(report.failures)


@pytest.mark.parametrize("line", transformers_check.LINES, indirect=True)
def test_every_class(line, tmp_path):
    assert_fine(transformers_check.check(line, tmp_path), rows=250)


@pytest.mark.parametrize("line", transformers_check.LINES, indirect=True)
def test_random_beam_searches(line, tmp_path):
    assert_fine(beam_fuzz.check(line, tmp_path), rows=30)


@pytest.mark.parametrize("line", [peft_check.LINE], indirect=True)
def test_adapters_of_peft(line, tmp_path):
    assert_fine(peft_check.check(tmp_path), rows=18)

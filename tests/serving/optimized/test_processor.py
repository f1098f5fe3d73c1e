"""Which processors compute in bfloat16 is read from what Linux says about them."""

import pytest

from rembert_tf.serving.optimized import cpu_model
from rembert_tf.serving.optimized.processor import computes_bfloat16


@pytest.mark.parametrize(
    ("cores", "computes"),
    [
        (["fpu avx512f avx512_bf16 sse"], True),
        (["fpu amx_bf16 amx_tile", "fpu amx_bf16 amx_tile"], True),
        (["fpu avx512f avx512_bf16_of_a_kind"], False),
        (["fpu avx512_bf16", "fpu avx2"], False),
        ([], False),
    ],
)
def test_flags(cores, computes, tmp_path):
    file = tmp_path / "cpuinfo"
    file.write_text("".join(f"processor\t: {i}\nflags\t\t: {flags}\n\n" for i, flags in enumerate(cores)))
    assert computes_bfloat16(file) is computes


def test_what_cannot_be_read_computes_in_float32(tmp_path):
    assert not computes_bfloat16(tmp_path / "none")


@pytest.mark.parametrize(("fast", "dtype"), [(True, "bfloat16"), (False, "float32")])
def test_the_processor_decides_where_nothing_was_asked_for(fast, dtype, monkeypatch):
    monkeypatch.setattr(cpu_model, "computes_bfloat16", lambda: fast)
    assert cpu_model.cpu_dtype(None) == dtype
    assert [cpu_model.cpu_dtype(name) for name in ("float32", "bfloat16")] == ["float32", "bfloat16"]

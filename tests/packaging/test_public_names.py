"""Public names stay what they are, whichever module was imported before."""

import importlib
import subprocess
import sys

import pytest

PACKAGES = ("rembert_tf", "rembert_tf.serving", "rembert_tf.checkpoints_tools")

# In a process of its own: every module behind a public name is imported first, then each name is looked up.
MODULES_FIRST = """
import importlib, sys
package = importlib.import_module(sys.argv[1])
for module in set(package._PUBLIC.values()):
    importlib.import_module(module)
print(*[name for name in package._PUBLIC if not callable(getattr(package, name))])
"""


@pytest.mark.parametrize("package", PACKAGES)
def test_a_module_never_hides_a_public_name(package):
    command = [sys.executable, "-c", MODULES_FIRST, package]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == ""


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_listed(package):
    package = importlib.import_module(package)
    assert set(dir(package)) >= set(package.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing_of_ours'"):
        getattr(package, "nothing_of_" + "ours")

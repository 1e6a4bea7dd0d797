"""Has pytest say what differs in the checks of this folder too, as it does in test modules."""

import pytest

pytest.register_assert_rewrite("tests.interop.checking", "tests.interop.clients", "tests.interop.served")

"""Clients that we did not write, against a running simulator.

Pytest is to say what differs in the checks of this folder too, as it does in test modules, whoever imports them first.
"""

import pytest

pytest.register_assert_rewrite("tests.interop.checking", "tests.interop.clients", "tests.interop.served")

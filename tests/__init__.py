"""Test suite. Shared code is in `tests.support`."""

import pytest

pytest.register_assert_rewrite("tests.support")  # before the first import from it

"""One thread: the maps are small, and threads of many workers get in each other's way."""

import pytest


@pytest.fixture(autouse=True, scope="module")
def small_tensors(one_thread):
    """For all tests of this folder."""

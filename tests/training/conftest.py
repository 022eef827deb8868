"""The street and the network that tests of training share."""

from pathlib import Path

import pytest
from training_cases import save_start, write_street


@pytest.fixture(autouse=True, scope="module")
def small_tensors(one_thread: None) -> None:
    """For all tests of this folder."""


@pytest.fixture(scope="session")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_street(tmp_path_factory.mktemp("data") / "street")


@pytest.fixture(scope="session")
def start(street: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_start(tmp_path_factory.mktemp("models") / "start", street)

"""The street and the network that tests of training share."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from training_cases import save_start, write_street


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Images are small, and so are the networks."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_street(tmp_path_factory.mktemp("data") / "street")


@pytest.fixture(scope="session")
def start(street: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_start(tmp_path_factory.mktemp("models") / "start", street)

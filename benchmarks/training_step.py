"""What the training loop adds to a step: `Trainer._step` beside bare forward and backward passes.

    python benchmarks/training_step.py [--size 128] [--batch 8] [--steps 20] [--device cpu]

The network of lite0-netvlad before its whitening, all of it trained, SARE on pairs. Photos are made up and
lie in memory, so that nothing is decoded: the loop loads them, stacks them, prepares pixels, finds the
tuples, takes the loss, clips, moves the weights (AdamW), checks and logs. "Bare" is the network forward
and backward on the same images, the same loss and the same optimizer, from a tensor that is there already.
Both take turns, step by step, and the medians are compared: the ratio should be at most 1.1.
"""

import argparse
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from placeprint.datasets import PhotoSet
from placeprint.photos import PhotoRecord
from placeprint.training.config import NetworkSpec, TrainingConfig
from placeprint.training.images.inputs import PixelInputs
from placeprint.training.images.prefetch import ready_batches
from placeprint.training.mining.labels.position_labels import PositiveRule, weak_labels_of_photos
from placeprint.training.mining.pair_sampler import PairSampler
from placeprint.training.mining.sampling import UnminedSampling
from placeprint.training.mining.tuple_batch import TupleBatch
from placeprint.training.network.starting_network import starting_network
from placeprint.training.objective import TupleObjective, chosen
from placeprint.training.optimization.processes import Processes
from placeprint.training.optimization.schedule import build_optimizer
from placeprint.training.runs.run_folder import RunFolder
from placeprint.training.trainer import Trainer
from provenance import machine

SEED = 0


@dataclass(frozen=True)
class InMemory:
    """Images of one size, as `training.images.Images`."""

    pixels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.pixels)

    def file(self, row: int) -> Path:
        return Path(f"{row}.jpg")

    def load(self, row: int, epoch: int | None) -> NDArray[np.uint8]:
        image: NDArray[np.uint8] = self.pixels[row]
        return image


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--batch", type=int, default=8, help="pairs a step")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, help="of torch on the processor")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(SEED)
    with tempfile.TemporaryDirectory() as folder:
        trainer, inputs = made(options.size, options.batch, options.device, Path(folder))
        whole, bare = timed(trainer, inputs, options.steps)
    print(
        f"{options.batch} pairs of {options.size} x {options.size} pixels, lite0-netvlad, "
        f"{options.device}, {torch.get_num_threads()} threads, {options.steps} steps after 2, seed {SEED}"
    )
    print(f"step of the trainer {1000 * whole:.1f} ms, bare {1000 * bare:.1f} ms: ratio {whole / bare:.3f}")
    print(f"torch {torch.__version__}; {machine()}")


def made(size: int, batch: int, device: str, folder: Path) -> tuple[Trainer, PixelInputs]:
    """A trainer of the network, and images that lie in memory."""
    places = batch * 4
    spec = NetworkSpec(start="lite0-netvlad", train_from="stem")
    descriptor = starting_network(spec, [], f"exact:{size}x{size}", SEED, True)
    config = TrainingConfig.model_validate(
        {
            "name": "benchmark",
            "network": spec,
            "loss": {"name": "sare"},
            "mining": {"kind": "pairs"},
            "optimizer": {"kind": "adamw", "lr": 1e-6, "clip_norm": 5.0},
            "run": {"batch": batch},
        }
    )
    x = np.repeat(100.0 * np.arange(places), 2)
    meters = np.stack([x, np.zeros(len(x))], axis=1)
    photos = PhotoSet([PhotoRecord(Path(f"{i}.jpg"), None) for i in range(len(x))], meters=meters)
    labels = weak_labels_of_photos(photos, PositiveRule(15.0), 25.0)
    sampler = PairSampler(labels, list(np.arange(len(x)).reshape(-1, 2)), batch, seed=SEED)
    rng = np.random.default_rng(SEED)
    coarse = rng.integers(0, 256, (len(x), size // 8, size // 8, 3), dtype=np.uint8)
    pixels = coarse.repeat(8, axis=1).repeat(8, axis=2)
    inputs = PixelInputs(InMemory(pixels), descriptor.card.preprocessing)
    trainer = Trainer(
        config,
        descriptor,
        TupleObjective(config.loss.build()),
        UnminedSampling(lambda _: sampler),
        lambda _: inputs,
        lambda _: {},
        RunFolder(folder),
        torch.device(device),
    )
    return trainer, inputs


def timed(trainer: Trainer, inputs: PixelInputs, steps: int) -> tuple[float, float]:
    """Median seconds of a step of the trainer, with waiting for its images, and of the bare one."""
    epochs = (batch for epoch in range(steps) for batch in trainer.sampling.batches(epoch, 0))
    ready = ready_batches(epochs, inputs, 0, Processes(), print)
    trained = [p for p in trainer.network.parameters() if p.requires_grad]
    optimizer = build_optimizer(trainer.config.optimizer, {"backbone": trained})
    whole, bare = [], []
    for _ in range(steps + 2):
        began = time.perf_counter()
        batch = next(ready)
        trainer._step(batch, inputs)
        wait(trainer.device)
        whole.append(time.perf_counter() - began)
        x = batch.x.to(trainer.device)
        wait(trainer.device)
        began = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        assert isinstance(batch.batch, TupleBatch)
        trainer.objective.module(*chosen(trainer.network(x), batch.batch)).backward()
        optimizer.step()
        wait(trainer.device)
        bare.append(time.perf_counter() - began)
    return statistics.median(whole[2:]), statistics.median(bare[2:])


def wait(device: torch.device) -> None:
    """Until the card has done what it was asked to."""
    if device.type == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()

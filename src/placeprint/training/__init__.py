"""Training: tuples from weak labels, mining, the trainer, run folders."""

from placeprint.training.config import TrainingConfig as TrainingConfig
from placeprint.training.optimization.guards import DivergedError as DivergedError
from placeprint.training.recipe import load_recipe as load_recipe
from placeprint.training.recipe import recipe_names as recipe_names
from placeprint.training.recipe import small as small
from placeprint.training.runs.comparison import Compared as Compared
from placeprint.training.runs.comparison import compare as compare
from placeprint.training.runs.run_folder import RunFolder as RunFolder
from placeprint.training.train import train as train

__all__ = [
    "Compared",
    "DivergedError",
    "RunFolder",
    "TrainingConfig",
    "compare",
    "load_recipe",
    "recipe_names",
    "small",
    "train",
]

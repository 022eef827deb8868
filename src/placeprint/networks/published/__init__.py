"""Published place recognition networks, converted from their authors' files."""

from placeprint.networks.published.boq import read_boq as read_boq
from placeprint.networks.published.cirtorch import read_cirtorch as read_cirtorch
from placeprint.networks.published.cosplace import read_cosplace as read_cosplace
from placeprint.networks.published.dirtorch import read_dirtorch as read_dirtorch
from placeprint.networks.published.geolocalization_benchmark import (
    read_geolocalization_benchmark as read_geolocalization_benchmark,
)
from placeprint.networks.published.gsv_cities import read_convap as read_convap
from placeprint.networks.published.gsv_cities import read_mixvpr as read_mixvpr
from placeprint.networks.published.matconvnet import read_matconvnet as read_matconvnet
from placeprint.networks.published.openibl import read_openibl as read_openibl
from placeprint.networks.published.published import Published as Published
from placeprint.networks.published.pytorch_netvlad import read_pytorch_netvlad as read_pytorch_netvlad
from placeprint.networks.published.recognize import read_published as read_published
from placeprint.networks.published.salad import read_megaloc as read_megaloc
from placeprint.networks.published.salad import read_salad as read_salad

__all__ = [
    "Published",
    "read_boq",
    "read_cirtorch",
    "read_convap",
    "read_cosplace",
    "read_dirtorch",
    "read_geolocalization_benchmark",
    "read_matconvnet",
    "read_megaloc",
    "read_mixvpr",
    "read_openibl",
    "read_published",
    "read_pytorch_netvlad",
    "read_salad",
]

"""Pooling layers: any feature map (n, D, rows, columns) in, unit vectors (n, out_dim) out."""

from placeprint.networks.pooling.average import Average as Average
from placeprint.networks.pooling.boq import BoQ as BoQ
from placeprint.networks.pooling.convap import ConvAP as ConvAP
from placeprint.networks.pooling.cosplace import CosPlace as CosPlace
from placeprint.networks.pooling.crow import CroW as CroW
from placeprint.networks.pooling.flatten_order import flatten_order as flatten_order
from placeprint.networks.pooling.gem import GeM as GeM
from placeprint.networks.pooling.mac import MAC as MAC
from placeprint.networks.pooling.mixvpr import MixVPR as MixVPR
from placeprint.networks.pooling.pooling import POOLINGS as POOLINGS
from placeprint.networks.pooling.pooling import Pooling as Pooling
from placeprint.networks.pooling.rmac import RMAC as RMAC
from placeprint.networks.pooling.rmac import rmac_regions as rmac_regions
from placeprint.networks.pooling.salad import SALAD as SALAD
from placeprint.networks.pooling.spoc import SPoC as SPoC
from placeprint.networks.pooling.vlad.crn import CRN as CRN
from placeprint.networks.pooling.vlad.gated_netvlad import GatedNetVLAD as GatedNetVLAD
from placeprint.networks.pooling.vlad.netvlad import NetVLAD as NetVLAD

__all__ = [
    "CRN",
    "MAC",
    "POOLINGS",
    "RMAC",
    "SALAD",
    "Average",
    "BoQ",
    "ConvAP",
    "CosPlace",
    "CroW",
    "GatedNetVLAD",
    "GeM",
    "MixVPR",
    "NetVLAD",
    "Pooling",
    "SPoC",
    "flatten_order",
    "rmac_regions",
]

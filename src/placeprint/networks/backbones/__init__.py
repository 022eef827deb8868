"""Backbones: preprocessed images (n, 3, height, width) in, feature maps (n, channels, rows, columns) out."""

from placeprint.networks.backbones.alexnet import AlexNet as AlexNet
from placeprint.networks.backbones.backbone import BACKBONES as BACKBONES
from placeprint.networks.backbones.backbone import Backbone as Backbone
from placeprint.networks.backbones.backbone import Layer as Layer
from placeprint.networks.backbones.backbone import Window as Window
from placeprint.networks.backbones.efficientnet_lite import EfficientNetLite0 as EfficientNetLite0
from placeprint.networks.backbones.fully_connected import FullyConnected as FullyConnected
from placeprint.networks.backbones.hypercolumn import Hypercolumn as Hypercolumn
from placeprint.networks.backbones.multi_scale import multi_scale as multi_scale
from placeprint.networks.backbones.preprocessing import IMAGENET_PIXELS as IMAGENET_PIXELS
from placeprint.networks.backbones.preprocessing import LITE0_PIXELS as LITE0_PIXELS
from placeprint.networks.backbones.preprocessing import MATCONVNET_PIXELS as MATCONVNET_PIXELS
from placeprint.networks.backbones.preprocessing import OPENIBL_PIXELS as OPENIBL_PIXELS
from placeprint.networks.backbones.preprocessing import Preprocessing as Preprocessing
from placeprint.networks.backbones.resnet import ResNet as ResNet
from placeprint.networks.backbones.transformers_backbone import TransformersBackbone as TransformersBackbone
from placeprint.networks.backbones.vgg import VGG16 as VGG16
from placeprint.networks.backbones.weights import MATCONVNET as MATCONVNET
from placeprint.networks.backbones.weights import OPENIBL as OPENIBL
from placeprint.networks.backbones.weights import RANDOM as RANDOM
from placeprint.networks.backbones.weights import TORCHVISION as TORCHVISION
from placeprint.networks.backbones.weights import PretrainedWeights as PretrainedWeights
from placeprint.networks.backbones.weights import load_weights as load_weights

__all__ = [
    "BACKBONES",
    "IMAGENET_PIXELS",
    "LITE0_PIXELS",
    "MATCONVNET",
    "MATCONVNET_PIXELS",
    "OPENIBL",
    "OPENIBL_PIXELS",
    "RANDOM",
    "TORCHVISION",
    "VGG16",
    "AlexNet",
    "Backbone",
    "EfficientNetLite0",
    "FullyConnected",
    "Hypercolumn",
    "Layer",
    "Preprocessing",
    "PretrainedWeights",
    "ResNet",
    "TransformersBackbone",
    "Window",
    "load_weights",
    "multi_scale",
]

"""Where the batches of a recipe come from."""

from placeprint.arrays import Float32, Int64
from placeprint.artifact import fingerprint
from placeprint.descriptors import NetworkDescriptor
from placeprint.errors import PlaceprintError
from placeprint.networks.place_network import PlaceNetwork
from placeprint.training.assembly.setting import Setting
from placeprint.training.assembly.training_data import TrainingData
from placeprint.training.batch import Batch
from placeprint.training.classes.training_data import ClassTrainingData
from placeprint.training.config import ClassMining, PairMining, TupleMining
from placeprint.training.mining.descriptor_cache import DescriptorCache
from placeprint.training.mining.labels.hard_places import HardPlaces
from placeprint.training.mining.labels.positives import PositiveOf, any_positive, one_of_nearest
from placeprint.training.mining.labels.verified_positives import VerifiedPositives
from placeprint.training.mining.negatives import NegativeMiner
from placeprint.training.mining.refresh import RefreshSchedule
from placeprint.training.mining.sampling import NearPairSampling, Sampling, TupleSampling, UnminedSampling
from placeprint.training.mining.tuple_sampler import TupleSampler


def sampling_of(
    setting: Setting, materials: TrainingData | ClassTrainingData, descriptor: NetworkDescriptor
) -> Sampling[Batch]:
    """The sampling of the recipe's `mining`. Raises PlaceprintError if these photos give no batch."""
    found = _sampling(setting, materials, descriptor)
    mining = setting.config.mining
    if found.steps == 0 and not isinstance(mining, ClassMining):
        raise PlaceprintError(
            f"too few training photos have another one within {mining.positive_radius:g} m to fill a batch",
            "Check the data set and its split, or raise mining.positive_radius or lower run.batch",
        )
    return found


def _sampling(
    setting: Setting, materials: TrainingData | ClassTrainingData, descriptor: NetworkDescriptor
) -> Sampling[Batch]:
    config, mining, quiet = setting.config, setting.config.mining, setting.quiet
    if isinstance(materials, ClassTrainingData):
        sampler_of_classes = materials.sampler()
        return UnminedSampling(lambda epoch: sampler_of_classes)
    if isinstance(mining, PairMining) and mining.positives == "any" and not mining.hard:
        return UnminedSampling(materials.pairs)
    if config.data.views == "panorama" and not config.network.cache_stage:
        raise PlaceprintError(
            "this mining needs the same images in each epoch",
            'Set network.cache_stage = true, or mining.kind = "pairs" with any positives',
        )
    positive_of: PositiveOf = any_positive
    if isinstance(mining, PairMining) and mining.positives == "verified":
        images = materials.of_epoch(0).images
        positive_of = verified = VerifiedPositives(lambda row: images.load(row, None), mining.inliers)
        if not mining.hard:
            return UnminedSampling(lambda epoch: materials.pairs(epoch, verified))
    name = fingerprint({"config": config.model_dump(mode="json")})
    network = descriptor.network
    assert isinstance(network, PlaceNetwork)
    cache = DescriptorCache(setting.run.features, len(materials.of_epoch(0).photos), network.out_dim)
    if isinstance(mining, PairMining):
        if mining.positives == "nearest":
            positive_of = one_of_nearest(cache.read, mining.nearest)
        hard = HardPlaces(materials.of_epoch(0).labels, cache.read) if mining.hard else None
        return NearPairSampling(lambda epoch: materials.pairs(epoch, positive_of, hard), cache, name, quiet)
    assert isinstance(mining, TupleMining)
    labels = materials.of_epoch(0).labels
    miner = NegativeMiner(labels, mining.negatives, mining.count, mining.pool, mining.remembered, config.seed)

    def read_queries(rows: Int64) -> Float32:
        return cache.read(labels.query_images(rows))

    sampler = TupleSampler(
        miner, read_queries, cache.read, config.run.batch, mining.violating_margin, drop_last=True
    )
    return TupleSampling(sampler, cache, RefreshSchedule(mining.refresh_every), name, quiet)

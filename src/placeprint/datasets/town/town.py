"""The town itself: where one can stand in it, and what one sees from there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from placeprint.arrays import UInt8
from placeprint.datasets.town.camera import Camera, Lens
from placeprint.datasets.town.conditions import Conditions
from placeprint.datasets.town.develop import develop
from placeprint.datasets.town.light import lamp_map
from placeprint.datasets.town.painting import ground, sky
from placeprint.datasets.town.painting.facade import paint
from placeprint.datasets.town.painting.stuff import Stuff
from placeprint.datasets.town.painting.texture import Texels
from placeprint.datasets.town.painting.tiles import paint_tiles
from placeprint.datasets.town.painting.walls import Walls, boards, house_walls, vans
from placeprint.datasets.town.plan import draw_plan
from placeprint.datasets.town.render import Stage, Surfaces, cast
from placeprint.errors import PlaceprintError
from placeprint.geo import GeoPoint, LocalFrame

ORIGIN = GeoPoint(0.5, 0.5)
LENS = Lens()
DAY = Conditions()


@dataclass(frozen=True)
class View:
    """A camera with its position on the Earth. Views of one `panorama` share their position."""

    camera: Camera
    point: GeoPoint
    panorama: str

    @property
    def heading(self) -> float:
        """Degrees clockwise from north."""
        return self.camera.heading


class Town:
    """A town of `blocks` blocks east and north; everything in it follows from `seed`.

    A share `repeated` of the houses has one of three shared facades, as distractors. `origin` is the town's
    center: by default 0.5 N 0.5 E, open sea, so that nobody takes it for a real town.

    A score on this town shows that a method works, not how well it does in the real world.
    """

    def __init__(
        self,
        seed: int = 0,
        blocks: tuple[int, int] = (3, 3),
        repeated: float = 0.15,
        origin: GeoPoint = ORIGIN,
    ) -> None:
        if min(blocks) < 2 or seed < 0:
            raise PlaceprintError(
                f"a town with seed {seed} and {blocks} blocks cannot be built",
                "Use a seed >= 0 and 2 × 2 blocks or more.",
            )
        self.plan = draw_plan(seed, blocks, repeated)
        self.frame = LocalFrame(origin)
        self._houses = house_walls(self.plan)
        self._stuff = Stuff(self.plan)
        self._ground = ground.material_map(self.plan)
        self._lamps = lamp_map(self.plan.lamps, self.plan.extent)
        self._tiles = lru_cache(maxsize=4)(paint_tiles)
        self._panorama = lru_cache(maxsize=4)(sky.panorama)
        self._vans = lru_cache(maxsize=8)(lambda traffic: vans(self.plan, traffic))

    def view(self, camera: Camera, panorama: str = "") -> View:
        """`camera` with its WGS84 position."""
        return View(camera, self.frame.to_point((camera.east, camera.north)), panorama)

    def views(
        self,
        spacing: float = 10.0,
        headings: Sequence[float] = (60.0, 120.0, 240.0, 300.0),
        lens: Lens = LENS,
    ) -> list[View]:
        """Views every `spacing` meters along the center lines of all streets, as far as the town reaches.

        `headings` are degrees clockwise from the street's own direction.
        """
        found = []
        edge = np.concatenate(self.plan.blocks)
        low, high = edge.min(axis=0) + 8.0, edge.max(axis=0) - 8.0
        for number, street in enumerate(self.plan.streets):
            for meters in np.arange(spacing / 2, street.length, spacing).tolist():
                east, north = street.along(meters)
                if not (low[0] < east < high[0] and low[1] < north < high[1]):
                    continue
                for turn in headings:
                    camera = Camera(east, north, (street.heading + turn) % 360.0, lens=lens)
                    found.append(self.view(camera, f"{number:02d}-{meters:05.1f}"))
        return found

    def shifted(
        self,
        view: View,
        ahead: float = 0.0,
        right: float = 0.0,
        up: float = 0.0,
        yaw: float = 0.0,
        pitch: float = 0.0,
        lens: Lens | None = None,
    ) -> View:
        """`view` moved by meters in the direction it looks, to its right and up, and turned by degrees."""
        turn = np.radians(view.camera.heading)
        sine, cosine = float(np.sin(turn)), float(np.cos(turn))
        camera = replace(
            view.camera,
            east=view.camera.east + ahead * sine + right * cosine,
            north=view.camera.north + ahead * cosine - right * sine,
            height=view.camera.height + up,
            heading=(view.camera.heading + yaw) % 360.0,
            pitch=view.camera.pitch + pitch,
            lens=lens or view.camera.lens,
        )
        return self.view(camera, view.panorama)

    def surfaces(self, view: View, conditions: Conditions = DAY) -> Surfaces:
        """Texels, depth and walls seen by `view`, before light and weather."""
        return cast(view.camera, self._stage(view.camera, conditions))

    def render(self, view: View, conditions: Conditions = DAY) -> UInt8:
        """(height, width, 3) RGB photo."""
        stage = self._stage(view.camera, conditions)
        return develop(cast(view.camera, stage), view.camera, conditions, stage.walls, self._lamps)

    def walls(self, camera: Camera, conditions: Conditions = DAY) -> Walls:
        """The walls within reach of `camera`; `Surfaces.wall` refers to them."""
        turn = np.radians(camera.heading)
        ahead = np.array((np.sin(turn), np.cos(turn)))
        walls = self._houses + boards(self.plan, ahead) + self._vans(conditions.traffic)
        return walls.near(camera, ahead)

    def texture(self, facade: int) -> Texels:
        """(h, w, 4) bytes of the front number `facade` of the plan."""
        return paint(self.plan.facades[facade])

    def _stage(self, camera: Camera, conditions: Conditions) -> Stage:
        walls = self.walls(camera, conditions)
        front, back = (self._stuff.textures(s, conditions.season) for s in (walls.front, walls.back))
        return Stage(
            walls,
            front,
            back,
            self._stuff.atlas,
            self._ground,
            self._tiles(conditions),
            self._panorama(conditions),
        )

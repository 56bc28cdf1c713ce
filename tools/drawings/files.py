"""Generated files: the drawings as SVG, their index with previews, and their media records."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from app.domain.enums import RecordType
from app.domain.glossary import ship_phrase_ru
from app.ingest.dataset.records import DatasetFacts
from app.resources.media.picture_store import compute_digest
from app.resources.media.worker import write_renditions
from tools.drawings.emblems import draw_emblem
from tools.drawings.modules import draw_module
from tools.drawings.shapes import drawing
from tools.drawings.ships import draw_ships


@dataclass(frozen=True)
class Drawing:
    """A drawing of a record."""

    type: RecordType
    record: str
    """Slug of the record."""
    svg: str
    alt: str
    alt_ru: str

    @property
    def slug(self) -> str:
        return f"{'emblem' if self.type is RecordType.MISSION else 'drawing'}-{self.record}"

    @property
    def file(self) -> str:
        return f"{self.slug}.svg"

    @property
    def content(self) -> str:
        """Digest of the file, as of an upload."""
        return compute_digest(self.svg.encode())


def draw_all(facts: DatasetFacts) -> Iterator[Drawing]:
    """The drawings of all types of spacecraft, modules and missions."""
    for slug, elements in draw_ships():
        name = facts.spacecraft_types[slug].name
        yield Drawing(
            RecordType.SPACECRAFT_TYPE,
            slug,
            drawing(name, elements),
            f"Drawing of a {name}, from the side",
            f"Рисунок: {ship_phrase_ru(name)}, вид сбоку",
        )
    for module in facts.modules.values():
        yield Drawing(
            RecordType.MODULE,
            module.slug,
            drawing(module.name, draw_module(module)),
            f"Drawing of {module.name}, from the side, with a scale of five metres",
            f"Рисунок: {module.name_ru or module.name}, вид сбоку, с масштабом в пять метров",
        )
    for mission in facts.missions.values():
        number, count = mission.number, len({row.person for row in mission.crew})
        yield Drawing(
            RecordType.MISSION,
            mission.slug,
            drawing(f"Expedition {number}", draw_emblem(mission)),
            f"Emblem of Expedition {number}: the number, {count} stars, the days in a ring",
            f"Эмблема МКС-{number}: номер, звёзды ({count}) по числу людей, дни в кольце",
        )


def write_index(drawings: Iterable[Drawing]) -> str:
    """The file and the preview of each drawing, by digest: a line for each."""
    lines = (
        f"{json.dumps(each.content)}: {json.dumps([each.file, _preview(each.svg)])}"
        for each in drawings
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _preview(svg: str) -> str:
    """The BlurHash of a drawing."""
    with TemporaryDirectory() as folder:
        return write_renditions(svg.encode(), Path(folder)).blurhash


def write_records(drawings: Iterable[Drawing]) -> str:
    """The media records, as JSON Lines."""
    return "".join(
        json.dumps(
            {
                "slug": each.slug,
                "content": each.content,
                "alt": each.alt,
                "alt_ru": each.alt_ru,
                "type": each.type,
                "record": each.record,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        + "\n"
        for each in drawings
    )

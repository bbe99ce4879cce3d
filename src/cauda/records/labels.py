"""Named structures of one series as numbers on the series' own grid."""

from __future__ import annotations

from dataclasses import dataclass

from cauda.geometry import Array
from cauda.records.basic import read_only
from cauda.vocab import Level, Side, Structure, Vertebra


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One named structure of a label volume.

    Parameters
    ----------
    number : int
        Its value in the volume, from 1.
    structure : Structure
        ``BODY`` stands for a whole vertebra, its arch included.
    vertebra : Vertebra or None
    level : Level or None
        Of a disc or a foramen.
    side : Side or None
        The patient's; ``None`` for a root whose side is not clear, too.
    is_name_certain : bool
        False where the numbering is uncertain or only counts from below.
    """

    number: int
    structure: Structure
    vertebra: Vertebra | None = None
    level: Level | None = None
    side: Side | None = None
    is_name_certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labels:
    """One series' structures, voxel by voxel; no voxel belongs to two.

    Parameters
    ----------
    series : str
        Key of the series.
    values : (I, J, K) uint8 or uint16 array
        On the grid of the series' volume; 0 is background.
    parts : tuple of Part
        One for each number from 1 upward, in that order.
    """

    series: str
    values: Array
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        numbers = tuple(part.number for part in self.parts)
        if numbers != tuple(range(1, len(numbers) + 1)):
            msg = f"Parts must be numbered 1, 2, ... in order, not {numbers}."
            raise ValueError(msg)
        object.__setattr__(self, "values", read_only(self.values))

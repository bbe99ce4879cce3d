"""One TOML file -> one frozen record; a wrong or unknown entry is refused by name."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from cauda.errors import UsageError
from cauda.node.peer import ae_title, parse_peer

EXAMPLE = Path(__file__).with_name("example.toml")
PATHS = ("store", "models", "token_file", "certificate", "key", "authority")
"""Entries that name a file or folder."""
Kind = Literal["seg", "sr", "sc", "pdf"]
SegmentationKind = Literal["binary", "labelmap"]
OBJECTS: tuple[Kind, ...] = ("seg", "sr", "sc", "pdf")


def _titled(text: str) -> str:
    try:
        return ae_title(text)
    except UsageError as error:
        raise ValueError(str(error)) from error


def _reachable(text: str) -> str:
    try:
        return str(parse_peer(text))
    except UsageError as error:
        raise ValueError(str(error)) from error


def _service(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        msg = "only a DICOMweb URL can be searched; a DICOM archive must forward by itself"
        raise ValueError(msg)
    return _reachable(text)


Title = Annotated[str, AfterValidator(_titled)]
Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tls(_Section):
    """Certificate, key and authority, as PEM files.

    With ``authority`` the other side must show a certificate that the authority signed.
    """

    certificate: Path | None = None
    key: Path | None = None
    authority: Path | None = None


class Node(_Section):
    """Who the node is, where it listens and where it keeps everything."""

    ae_title: Title = "CAUDA"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 11112
    store: Path
    database: str = ""


class Receive(_Section):
    """What is accepted from whom; anything beyond a limit is refused, not cut."""

    allow: tuple[Title, ...] = Field(min_length=1)
    quiet_s: Seconds = 30.0
    max_object_mib: Seconds = 512.0
    max_study_instances: Count = 10_000
    max_associations: Count = 10
    max_instances_per_minute: Count = 20_000
    min_free_gib: Annotated[float, Field(ge=0)] = 2.0
    timeout_s: Seconds = 30.0
    durability: Literal["study", "instance"] = "study"
    tls: Tls | None = None


class Pull(_Section):
    """One DICOMweb archive that is searched for new MR studies."""

    source: Annotated[str, AfterValidator(_service)]
    every_s: Seconds = 30.0
    within_days: Annotated[int, Field(ge=0)] = 1
    token_file: Path | None = None
    tls: Tls | None = None


class Work(_Section):
    """How studies are analyzed."""

    workers: Annotated[int, Field(ge=0)] = 1
    analysis: Literal["full", "receipt"] = "full"
    segmentation: SegmentationKind = "binary"
    symptoms_to_pacs: bool = False
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    models: Path | None = None
    lease_s: Seconds = 30.0
    timeout_s: Seconds = 900.0
    max_attempts: Count = 5
    keep_h: Annotated[float, Field(ge=0)] = 24.0


class Deliver(_Section):
    """One destination of the results."""

    to: Annotated[str, AfterValidator(_reachable)]
    objects: tuple[Kind, ...] = OBJECTS
    token_file: Path | None = None
    tls: Tls | None = None


class Retry(_Section):
    """When something that failed is tried again."""

    first_s: Seconds = 10.0
    factor: Annotated[float, Field(ge=1)] = 2.0
    longest_s: Seconds = 1800.0
    give_up_h: Seconds = 72.0

    def wait_s(self, attempts: int) -> float:
        """Seconds before the next try after ``attempts`` failures, at most ``longest_s``."""
        steps = min(max(attempts - 1, 0), 64)
        return min(self.first_s * self.factor**steps, self.longest_s)


class Config(_Section):
    """Everything the node is told."""

    node: Node
    receive: Receive
    pull: tuple[Pull, ...] = ()
    work: Work = Work()
    deliver: tuple[Deliver, ...] = ()
    retry: Retry = Retry()


def read_config(path: Path) -> Config:
    """Read and check a configuration; relative paths in it start at its own folder.

    Raises
    ------
    UsageError
        If the file is unreadable, is not TOML, or an entry is unknown or out of range.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"The configuration {path} cannot be read: {error}"
        raise UsageError(msg) from error
    try:
        return Config.model_validate(_anchored(content, path.resolve().parent))
    except ValidationError as error:
        wrong = "; ".join(_sentence(e["loc"], e["msg"]) for e in error.errors())
        msg = f"The configuration {path} is wrong: {wrong}. `cauda node example` shows a right one."
        raise UsageError(msg) from error


def _anchored(entry: object, folder: Path) -> object:
    """The content with every relative path in it starting at ``folder``."""
    if isinstance(entry, list):
        return [_anchored(item, folder) for item in entry]
    if not isinstance(entry, dict):
        return entry
    return {
        name: str(folder / value)
        if name in PATHS and isinstance(value, str)
        else _anchored(value, folder)
        for name, value in entry.items()
    }


def _sentence(place: tuple[int | str, ...], what: str) -> str:
    return f"{'.'.join(str(p) for p in place)}: {what}"

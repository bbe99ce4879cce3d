"""Model bundles: where they lie, what they say of themselves, and files that match their hash."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, overload

from cauda.errors import BundleError
from cauda.nets.grid import Layout
from cauda.vocab import AXIAL_STRUCTURES, STRUCTURES, Plane, Structure

METADATA = "configs/metadata.json"
HASHES = "SHA256SUMS"
"""One line a file, as sha256sum writes it, paths relative to the bundle."""
CHUNK = 1 << 20
CLASSES: dict[str, tuple[Structure, ...]] = {
    Plane.SAGITTAL: STRUCTURES,
    Plane.AXIAL: AXIAL_STRUCTURES,
}
"""What the channels of a network stand for, by the plane of its slices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """An opened bundle.

    Parameters
    ----------
    folder : Path
    metadata : dict
        Its card, ``configs/metadata.json``.
    hashes : dict of str -> str
        SHA-256 by relative path.
    """

    folder: Path
    metadata: dict[str, Any]
    hashes: dict[str, str]

    @classmethod
    def open(cls, folder: Path) -> Bundle:
        """Read the card and the hashes.

        Raises
        ------
        BundleError
            If either is missing or damaged, or the classes are not those of this version.
        """
        try:
            metadata = json.loads((folder / METADATA).read_text(encoding="utf-8"))
            lines = (folder / HASHES).read_text(encoding="utf-8").split("\n")
            hashes = {name: digest for digest, name in (ln.split("  ", 1) for ln in lines if ln)}
        except (OSError, ValueError) as error:
            msg = f"The bundle {folder.name} lacks a readable {METADATA} or {HASHES}."
            raise BundleError(msg) from error
        bundle = cls(folder=folder, metadata=metadata, hashes=hashes)
        bundle._check_classes()
        return bundle

    def _check_classes(self) -> None:
        if {"graders", "crop_graders"} & set(self.metadata):
            return  # Graders tell no structures apart; their own readers check them.
        channels = self.metadata["network_data_format"]["outputs"]["pred"]["channel_def"]
        found = [channels[str(n)] for n in range(len(channels))]
        plane = self.metadata["cauda"].get("plane", Plane.SAGITTAL.value)
        expected = CLASSES.get(plane)
        if expected is None:
            msg = f"The bundle {self.name} is for {plane!r} slices; known are sagittal and axial."
            raise BundleError(msg)
        if found != [s.value for s in expected]:
            msg = f"The bundle {self.name} tells apart {found}, not the classes of this version."
            raise BundleError(msg)

    @property
    def name(self) -> str:
        """Its folder's name."""
        return self.folder.name

    @property
    def version(self) -> str:
        """Version of the weights."""
        return str(self.metadata["version"])

    @property
    def sha256(self) -> str:
        """SHA-256 of its inference weights, the identity that an analysis records."""
        if "crop_graders" in self.metadata:
            both = "".join(
                self.hashes[f"models/{task}.onnx"] for task in self.metadata["crop_graders"]
            )
            return hashlib.sha256(both.encode()).hexdigest()
        weights = "models/graders.npz" if "graders" in self.metadata else "models/model.onnx"
        return self.hashes[weights]

    @property
    def channels(self) -> tuple[int, ...]:
        """Feature channels of the network."""
        return tuple(self.metadata["cauda"]["channels"])

    @property
    def architecture(self) -> dict[str, Any]:
        """Arguments of :func:`cauda.nets.network.build_network`, the number of classes apart."""
        refine = int(self.metadata["cauda"].get("refine", 0))
        return {"channels": self.channels, **({"refine": refine} if refine else {})}

    @property
    def temperature(self) -> float:
        """What the logits are divided by before the softmax; 1 where nothing was fitted."""
        return float(self.metadata["cauda"].get("temperature", 1.0))

    @property
    def plane(self) -> Plane:
        """The plane of the slices that its network reads; sagittal where the card names none."""
        return Plane(self.metadata["cauda"].get("plane", Plane.SAGITTAL.value))

    @property
    def layout(self) -> Layout:
        """What the network expects of its input."""
        facts = self.metadata["cauda"]
        return Layout(
            pixel_mm=float(facts["pixel_mm"]),
            multiple=int(facts["multiple"]),
            plane=self.plane,
            structures=CLASSES[self.plane],
            crop=facts.get("crop"),
        )

    def verified(self, relative: str) -> Path:
        """Path of a file whose bytes match the recorded SHA-256.

        Raises
        ------
        BundleError
            If the file is missing, not listed, or differs.
        """
        path = self.folder / relative
        if relative not in self.hashes or not path.is_file():
            msg = f"The bundle {self.name} has no verified {relative}; fetch the bundle again."
            raise BundleError(msg)
        if file_sha256(path) != self.hashes[relative]:
            msg = f"{relative} of bundle {self.name} does not match its SHA-256; it is not loaded."
            raise BundleError(msg)
        return path


@overload
def find_bundle(name: str, models_dir: Path | None = None) -> Bundle: ...
@overload
def find_bundle(name: str, models_dir: Path | None = None, *, required: bool) -> Bundle | None: ...
def find_bundle(
    name: str, models_dir: Path | None = None, *, required: bool = True
) -> Bundle | None:
    """Find and open a bundle by name.

    Parameters
    ----------
    name : str
    models_dir : Path or None
        Folder of bundles; ``None`` looks in the installed package, then in the repository.
    required : bool
        Whether a bundle that is in none of them is an error; else ``None`` is returned.

    Raises
    ------
    BundleError
        If it is damaged, or required and in none of them.
    """
    folders = (models_dir,) if models_dir is not None else _default_folders()
    for folder in folders:
        if (folder / name / METADATA).is_file():
            return Bundle.open(folder / name)
    if not required:
        return None
    places = ", ".join(str(f) for f in folders)
    msg = f"No model bundle {name!r} in {places}; pass the folder that holds it with --models."
    raise BundleError(msg)


def _default_folders() -> tuple[Path, ...]:
    package = Path(str(resources.files("cauda")))
    return package / "models", package.parents[1] / "models"


def open_bundle(bundle: Bundle | Path) -> Bundle:
    """Return an opened bundle as it is, and open a folder."""
    return bundle if isinstance(bundle, Bundle) else Bundle.open(bundle)


def file_sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()

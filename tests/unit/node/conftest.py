"""Small synthetic MR objects, and a node's receiving side on a free loopback port."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from sqlalchemy import Engine

from cauda.geometry import Space
from cauda.node.audit import Audit
from cauda.node.bounded import received_into
from cauda.node.config import Config
from cauda.node.names import Names, read_names
from cauda.node.receive import Receiver
from cauda.node.store import Store
from cauda.node.tables import connect
from cauda.phantom import dicom
from cauda.records import Volume

IDENTITY = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 4.0, 0.0), (0.0, 0.0, 0.0, 1.0))


@dataclass(frozen=True)
class Made:
    """A node's parts."""

    config: Config
    store: Store
    names: Names
    engine: Engine
    audit: Audit
    port: int = 0


@pytest.fixture
def datasets() -> Callable[..., list[Dataset]]:
    """Make the instances of one MR series."""
    return made_datasets


def made_datasets(seed: int = 0, count: int = 3, size: int = 16) -> list[Dataset]:
    rng = np.random.default_rng(seed)
    voxels = rng.integers(0, 1000, (size, size, count)).astype(np.uint16)
    space = Space(shape=voxels.shape, affine=IDENTITY, frame_of_reference=None)
    volume = Volume(voxels=voxels, space=space)
    return list(dicom.series_datasets([volume], dicom.Protocol(), dicom.Visit(seed=seed)))


@pytest.fixture
def write() -> Callable[..., Path]:
    """Write one dataset in any transfer syntax."""

    def written(dataset: Dataset, path: Path, syntax: str = "1.2.840.10008.1.2.1") -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        dicom.save(dataset, path, syntax)
        return path

    return written


def configured(root: Path, **sections: dict[str, Any]) -> Config:
    content: dict[str, Any] = {
        "node": {"store": root, "port": 0},
        "receive": {"allow": ["TEST"], "quiet_s": 0.3, "min_free_gib": 0, "timeout_s": 2.0},
        "work": {"analysis": "receipt"},
        "retry": {"first_s": 0.1},
    }
    for name, entries in sections.items():
        content[name] = {**content.get(name, {}), **entries}
    return Config.model_validate(content)


def parts(config: Config) -> Made:
    store = Store(config.node.store)
    store.prepare()
    engine = connect(config.node.database, store.root / "queue.sqlite")
    return Made(config, store, read_names(store.key), engine, Audit(store.audit))


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    """Store, queue and audit of a node that does not listen."""
    node = parts(configured(tmp_path / "store"))
    yield node
    node.engine.dispose()


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Callable[..., Made]]:
    """Start the receiving side with some settings; stopped at the end of the test."""
    started = []

    def start(**receive: Any) -> Made:
        node = parts(configured(tmp_path / "store", receive=receive))
        hold = received_into(node.store.incoming)
        hold.__enter__()
        server = Receiver(node.config, node.store, node.names, node.engine, node.audit).server()
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        started.append((server, thread, hold, node))
        return Made(
            node.config, node.store, node.names, node.engine, node.audit, server.server_address[1]
        )

    yield start
    for server, thread, hold, node in started:
        for association in server.active_associations:
            association.abort()
        server.shutdown()
        thread.join()
        hold.__exit__(None, None, None)
        node.engine.dispose()

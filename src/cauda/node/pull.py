"""Looks for MR studies in a DICOMweb archive and fetches those that are new or have grown."""

from __future__ import annotations

import datetime
import hashlib
import json
import logging
import secrets
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Engine, delete, insert, select

from cauda.errors import RefusedObjectError, TransferError
from cauda.node import dicomweb
from cauda.node.audit import Audit
from cauda.node.config import Pull
from cauda.node.examine import OUT_OF_RESOURCES
from cauda.node.names import Names
from cauda.node.peer import WebPeer, parse_peer
from cauda.node.receive import Receiver
from cauda.node.store import Store
from cauda.node.tables import PULLED

SENDER = "DICOMWEB"
"""Stands where a calling AE title stands for studies that were sent."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What fetched objects pass through."""

    receiver: Receiver
    store: Store
    names: Names
    engine: Engine
    audit: Audit


def pull(source: Pull, intake: Intake) -> int:
    """Search once and fetch what is new; return how many studies were fetched.

    Raises
    ------
    TransferError
        If the archive cannot be reached or breaks off; what came is kept, the rest comes later.
    """
    peer = parse_peer(source.source)
    if not isinstance(peer, WebPeer):
        msg = f"{peer} is no DICOMweb service."
        raise TransferError(msg)
    access = dicomweb.Access(token_file=source.token_file, tls=source.tls)
    fetched = 0
    for found in dicomweb.find(peer, _query(source), access):
        study_uid = str(found.StudyInstanceUID)
        series = dicomweb.mr_series(peer, study_uid, access)
        signature = hashlib.sha256(json.dumps(sorted(series.items())).encode()).hexdigest()
        key = {
            "source": intake.names.of("source", source.source),
            "study": intake.names.of("study", study_uid),
        }
        if not series or _known(intake.engine, key) == signature:
            continue
        if _fetch(peer, study_uid, tuple(series), access, intake):
            _remember(intake.engine, key, signature)
            fetched += 1
    return fetched


def _query(source: Pull) -> dict[str, str]:
    query = {"ModalitiesInStudy": "MR"}
    if source.within_days:
        first = datetime.datetime.now().astimezone() - datetime.timedelta(days=source.within_days)
        query["StudyDate"] = f"{first:%Y%m%d}-"
    return query


def _fetch(
    peer: WebPeer,
    study_uid: str,
    series: tuple[str, ...],
    access: dicomweb.Access,
    intake: Intake,
) -> bool:
    """Fetch a study's series; ``False`` if the node could not take all that it should."""
    accepted: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    is_full = False
    for series_uid in series:
        for dataset in dicomweb.retrieve_series(peer, study_uid, series_uid, access):
            path = intake.store.incoming / f"{secrets.token_hex(16)}.dcm"
            try:
                dataset.save_as(path, enforce_file_format=True)
                accepted[intake.receiver.take_file(path, SENDER)] += 1
            except RefusedObjectError as error:
                refused[str(error)] += 1
                is_full = is_full or error.status == OUT_OF_RESOURCES
            finally:
                path.unlink(missing_ok=True)
    intake.audit.write("fetched", source=str(peer), studies=dict(accepted), refused=dict(refused))
    _LOG.info("fetched %d objects, refused %d", accepted.total(), refused.total())
    return not is_full


def _known(engine: Engine, key: dict[str, str]) -> str | None:
    with engine.connect() as connection:
        row = connection.execute(
            select(PULLED.c.signature).where(
                PULLED.c.source == key["source"], PULLED.c.study == key["study"]
            )
        ).one_or_none()
    return None if row is None else str(row.signature)


def _remember(engine: Engine, key: dict[str, str], signature: str) -> None:
    with engine.begin() as connection:
        connection.execute(
            delete(PULLED).where(PULLED.c.source == key["source"], PULLED.c.study == key["study"])
        )
        connection.execute(insert(PULLED).values(**key, signature=signature))

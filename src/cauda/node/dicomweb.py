"""The calling side of DICOMweb: QIDO-RS, WADO-RS and STOW-RS."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dicomweb_client import DICOMwebClient, session_utils
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

from cauda.errors import TransferError
from cauda.node.config import Tls
from cauda.node.peer import WebPeer

ORIGINAL = (("application/dicom", "*"),)
"""Whatever transfer syntax the objects are stored in: nothing is transcoded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a service is reached.

    Parameters
    ----------
    token_file : Path or None
        Holds a bearer token.
    tls : Tls or None
    timeout_s : float
    """

    token_file: Path | None = None
    tls: Tls | None = None
    timeout_s: float = 60.0


def open_client(peer: WebPeer, access: Access) -> DICOMwebClient:
    """Make a client; nothing is sent yet.

    Raises
    ------
    TransferError
        If the token cannot be read.
    """
    session = session_utils.create_session()
    tls = access.tls
    if tls is not None and tls.authority is not None:
        session.verify = str(tls.authority)
    if tls is not None and tls.certificate is not None:
        session.cert = (str(tls.certificate), str(tls.key))
    client = DICOMwebClient(
        peer.url, session=session, headers=_headers(access), timeout=access.timeout_s
    )
    client.set_http_retry_params(retry=False)
    return client


def _headers(access: Access) -> dict[str, str]:
    if access.token_file is None:
        return {}
    try:
        token = access.token_file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"The token file {access.token_file} cannot be read."
        raise TransferError(msg) from error
    return {"Authorization": f"Bearer {token}"}


def _inflate(dataset: Dataset) -> None:
    """Say that a deflated object is to be sent plain: services need not take it deflated."""
    if dataset.file_meta.TransferSyntaxUID == DeflatedExplicitVRLittleEndian:
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian


def store(
    peer: WebPeer, files: Sequence[Path], access: Access, *, tell: Callable[[int, str], None]
) -> None:
    """Send DICOM files by STOW-RS, one request a file.

    Parameters
    ----------
    tell : callable
        Given each file's index, and an empty text once it is stored or else the reason.

    Raises
    ------
    TransferError
        If the service cannot be reached or refuses requests as such.
    """
    client = open_client(peer, access)
    for index, path in enumerate(files):
        try:
            dataset = dcmread(path)
        except (InvalidDicomError, OSError):
            tell(index, "The file is not DICOM.")
            continue
        _inflate(dataset)
        try:
            answer = client.store_instances([dataset])
        except OSError as error:
            raise TransferError(_failure(peer, error)) from error
        tell(index, _refusal(answer))


def _refusal(answer: Dataset) -> str:
    """Reason of a refused instance in a STOW-RS answer (PS3.18 annex I)."""
    failed = answer.get("FailedSOPSequence") or []
    if not failed:
        return ""
    return f"The service refused it: reason {int(failed[0].get('FailureReason') or 0):04X}."


def find(peer: WebPeer, query: Mapping[str, str], access: Access) -> tuple[Dataset, ...]:
    """Ask for studies by QIDO-RS; see :func:`cauda.node.transfer.find`."""
    client = open_client(peer, access)
    filters = {keyword: value for keyword, value in query.items() if value}
    fields = [keyword for keyword, value in query.items() if not value]
    try:
        answers = client.search_for_studies(search_filters=filters, fields=fields)
    except (OSError, ValueError) as error:
        raise TransferError(_failure(peer, error)) from error
    return tuple(Dataset.from_json(json.dumps(answer)) for answer in answers)


def retrieve(peer: WebPeer, study_uid: str, access: Access) -> Iterator[Dataset]:
    """Fetch a study by WADO-RS, instance by instance as they come.

    Raises
    ------
    TransferError
        If the service cannot be reached or does not have the study.
    """
    client = open_client(peer, access)
    try:
        yield from client.iter_study(study_uid, media_types=ORIGINAL)
    except (OSError, ValueError) as error:
        raise TransferError(_failure(peer, error)) from error


def mr_series(peer: WebPeer, study_uid: str, access: Access) -> dict[str, int]:
    """UIDs of a study's MR series and their numbers of instances, by QIDO-RS."""
    client = open_client(peer, access)
    filters = {"Modality": "MR"}
    fields = ["NumberOfSeriesRelatedInstances"]
    try:
        answers = client.search_for_series(study_uid, search_filters=filters, fields=fields)
    except (OSError, ValueError) as error:
        raise TransferError(_failure(peer, error)) from error
    series = [Dataset.from_json(json.dumps(answer)) for answer in answers]
    return {
        str(s.SeriesInstanceUID): int(s.get("NumberOfSeriesRelatedInstances") or 0)
        for s in series
        if s.get("Modality", "MR") == "MR"
    }


def retrieve_series(
    peer: WebPeer, study_uid: str, series_uid: str, access: Access
) -> Iterator[Dataset]:
    """As :func:`retrieve`, one series only."""
    client = open_client(peer, access)
    try:
        yield from client.iter_series(study_uid, series_uid, media_types=ORIGINAL)
    except (OSError, ValueError) as error:
        raise TransferError(_failure(peer, error)) from error


def ping(peer: WebPeer, access: Access) -> None:
    """Verify that a service answers a search.

    Raises
    ------
    TransferError
        If it does not.
    """
    try:
        open_client(peer, access).search_for_studies(limit=1)
    except (OSError, ValueError) as error:
        raise TransferError(_failure(peer, error)) from error


def _failure(peer: WebPeer, error: Exception) -> str:
    """Why a request failed; the error's own text may quote a UID in its address."""
    answer = getattr(error, "response", None)
    if answer is not None:
        return f"{peer} answered with HTTP status {answer.status_code}."
    return f"{peer} cannot be reached or does not speak DICOMweb ({type(error).__name__})."

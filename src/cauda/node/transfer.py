"""The calling side of DIMSE: C-ECHO, C-STORE, C-FIND, C-GET and C-MOVE."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_file_meta_info
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian
from pynetdicom import _config, build_context, evt
from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_primitives import DimsePrimitiveType, DimseServiceType
from pynetdicom.events import Event
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import PresentationContext

from cauda.errors import TransferError
from cauda.node.bounded import CallingAE
from cauda.node.peer import DicomPeer
from cauda.node.syntaxes import VERIFICATION

FIND = "1.2.840.10008.5.1.4.1.2.2.1"
MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
GET = "1.2.840.10008.5.1.4.1.2.2.3"
"""Study Root Query/Retrieve information model (PS3.4 annex C)."""
CONTEXTS_MAX = 128
"""Presentation contexts of one association (PS3.8 9.3.2.2)."""
TIMEOUT_S = 60.0
Message = tuple[None, None] | tuple[int, DimseServiceType]
Tell = Callable[[int, str], None]
"""Given the index of a file, and an empty text once it is stored or else the reason."""
PENDING = (0xFF00, 0xFF01)
WARNINGS = (0xB000, 0xB006, 0xB007)
"""C-STORE answers that still mean stored (PS3.4 table B.2-1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls, and how.

    Parameters
    ----------
    ae_title : str
    context : ssl.SSLContext or None
        ``None`` for a connection without TLS.
    timeout_s : float
    """

    ae_title: str = "CAUDA"
    context: ssl.SSLContext | None = None
    timeout_s: float = TIMEOUT_S


class OrderedProvider(DIMSEServiceProvider):
    """Leaves an answer to the call that waits for it.

    pynetdicom's own loop may take the answer from the queue when the thread it runs in is held
    up between two of its lines; the call then waits for its whole timeout.
    """

    def __init__(self, association: Association) -> None:
        super().__init__(association)
        self._looking = threading.Lock()

    def get_msg(self, block: bool = False) -> Message:
        """Give the next message; to the loop, which does not block, only while no call runs."""
        if block:
            return super().get_msg(block=True)
        with self._looking:
            is_free = self.assoc._reactor_checkpoint.is_set()
            return super().get_msg(block=False) if is_free else (None, None)

    def send_msg(self, primitive: DimsePrimitiveType, context_id: int) -> None:
        """Send once the loop has stopped looking."""
        with self._looking:
            pass
        super().send_msg(primitive, context_id)


@contextmanager
def associate(
    peer: DicomPeer,
    contexts: Sequence[PresentationContext],
    caller: Caller,
    handlers: Sequence[evt.EventHandlerType] = (),
    roles: Sequence[SCP_SCU_RoleSelectionNegotiation] = (),
) -> Iterator[Association]:
    """Hold an association with a peer; it is released at the end, aborted after an error.

    Raises
    ------
    TransferError
        If the peer cannot be reached or rejects the association.
    """
    ae = CallingAE(ae_title=caller.ae_title)
    ae.connection_timeout = ae.acse_timeout = ae.dimse_timeout = caller.timeout_s
    ae.network_timeout = caller.timeout_s
    opened: list[Event] = []
    try:
        association = ae.associate(
            peer.host,
            peer.port,
            contexts=list(contexts),
            ae_title=peer.ae_title,
            ext_neg=list(roles),
            tls_args=(caller.context, peer.host) if caller.context else None,
            evt_handlers=[
                (evt.EVT_CONN_OPEN, opened.append),
                *handlers,
            ],
        )
    except OSError as error:
        msg = f"{peer} cannot be reached ({type(error).__name__})."
        raise TransferError(msg) from error
    if not association.is_established:
        msg = f"{peer} {_refusal(association, is_open=bool(opened))}"
        raise TransferError(msg)
    association.dimse = OrderedProvider(association)
    try:
        yield association
    except BaseException:
        association.abort()
        raise
    association.release()


def _refusal(association: Association, *, is_open: bool) -> str:
    if not is_open:
        return "cannot be reached; check host, port and whether it listens."
    if association.is_rejected:
        primitive = association.acceptor.primitive
        why = primitive.reason_str if primitive else "no reason given"
        return f"rejected the association: {why}."
    return "accepted nothing that was asked for, or ended the association."


def echo(peer: DicomPeer, caller: Caller) -> None:
    """Verify that a peer answers.

    Raises
    ------
    TransferError
        If it does not.
    """
    with associate(peer, [build_context(VERIFICATION)], caller) as association:
        _check(association.send_c_echo(), f"{peer} did not answer the echo")


def store(
    peer: DicomPeer,
    files: Sequence[Path],
    caller: Caller,
    *,
    tell: Tell,
) -> None:
    """Send DICOM files by C-STORE, as they are; deflated ones plain where only that is taken.

    Parameters
    ----------
    peer : DicomPeer
    files : sequence of Path
    caller : Caller
    tell : callable
        Given each file's index, and an empty text once it is stored or else the reason.

    Raises
    ------
    TransferError
        If no association can be made, or it breaks; files told before that are stored.
    """
    kinds = [_kind(path) for path in files]
    wanted = list(dict.fromkeys(kind for kind in kinds if kind is not None))
    for index, kind in enumerate(kinds):
        if kind is None:
            tell(index, "The file is not DICOM.")
    for start in range(0, len(wanted), CONTEXTS_MAX // 2):
        batch = wanted[start : start + CONTEXTS_MAX // 2]
        mine = [i for i, kind in enumerate(kinds) if kind in batch]
        plain = [(name, str(ExplicitVRLittleEndian)) for name, syntax in batch if _packs(syntax)]
        contexts = [build_context(*kind) for kind in dict.fromkeys(batch + plain)]
        with associate(peer, contexts, caller) as association, _streamed():
            for index in mine:
                tell(index, _store_one(association, files[index], peer))


def _packs(syntax: str) -> bool:
    return syntax == str(DeflatedExplicitVRLittleEndian)


def _inflated(association: Association, path: Path) -> Path | Dataset:
    """The file; its content where it is deflated and the peer takes it plain only."""
    kind = _kind(path)
    taken = {
        (str(c.abstract_syntax), str(c.transfer_syntax[0])) for c in association.accepted_contexts
    }
    return path if kind is None or not _packs(kind[1]) or kind in taken else dcmread(path)


def _kind(path: Path) -> tuple[str, str] | None:
    """SOP class and transfer syntax of a file."""
    try:
        meta = read_file_meta_info(path)
        return str(meta.MediaStorageSOPClassUID), str(meta.TransferSyntaxUID)
    except (InvalidDicomError, OSError, EOFError, AttributeError, ValueError):
        return None


@contextmanager
def _streamed() -> Iterator[None]:
    """Let pynetdicom send files in pieces, without decoding them."""
    before = _config.STORE_SEND_CHUNKED_DATASET
    _config.STORE_SEND_CHUNKED_DATASET = True
    try:
        yield
    finally:
        _config.STORE_SEND_CHUNKED_DATASET = before


def _store_one(association: Association, path: Path, peer: DicomPeer) -> str:
    if not association.is_established:
        msg = f"{peer} ended the association."
        raise TransferError(msg)
    try:
        answer = association.send_c_store(_inflated(association, path))
    except ValueError:
        return "The peer does not take this kind of object or its transfer syntax."
    except (RuntimeError, AttributeError) as error:
        msg = f"{peer} ended the association, or the object's header is incomplete."
        raise TransferError(msg) from error
    status = answer.get("Status")
    if status is None:
        msg = f"{peer} did not answer in time or ended the association."
        raise TransferError(msg)
    if status == 0 or status in WARNINGS:
        return ""
    return f"Status {status:04X}: {answer.get('ErrorComment', 'no comment')}"


def find(peer: DicomPeer, query: Mapping[str, str], caller: Caller) -> tuple[Dataset, ...]:
    """Ask for studies.

    Parameters
    ----------
    peer : DicomPeer
    query : mapping
        DICOM keywords and what they must match; an empty value asks for it.
    caller : Caller

    Returns
    -------
    tuple of Dataset
        One a study.
    """
    identifier = _identifier(query)
    with associate(peer, [build_context(FIND)], caller) as association:
        found = []
        for status, answer in association.send_c_find(identifier, FIND):
            if status and status.Status in PENDING and answer is not None:
                found.append(answer)
            else:
                _check(status, f"{peer} could not search")
    return tuple(found)


def move(
    peer: DicomPeer,
    study_uid: str,
    destination: str,
    caller: Caller,
    tell: Callable[[int, int], None],
) -> int:
    """Have a peer send a study to the application entity that it knows as ``destination``.

    Parameters
    ----------
    tell : callable
        Given how many are sent and how many remain.

    Returns
    -------
    int
        How many could not be sent.
    """
    with associate(peer, [build_context(MOVE)], caller) as association:
        answers = association.send_c_move(_study(study_uid), destination, MOVE)
        return _progress(answers, f"{peer} could not send the study to {destination}", tell)


def get(
    peer: DicomPeer,
    study_uid: str,
    caller: Caller,
    handlers: Sequence[evt.EventHandlerType],
    tell: Callable[[int, int], None],
) -> int:
    """Fetch a study on the calling association itself; ``handlers`` store what comes.

    Returns
    -------
    int
        How many could not be fetched.
    """
    from pynetdicom import StoragePresentationContexts, build_role  # noqa: PLC0415 - a long table

    storage = [cx.abstract_syntax for cx in StoragePresentationContexts][: CONTEXTS_MAX - 1]
    known = [uid for uid in storage if uid is not None]
    contexts = [build_context(GET), *(build_context(uid, _fetchable()) for uid in known)]
    roles = [build_role(uid, scp_role=True) for uid in known]
    with associate(peer, contexts, caller, handlers, roles) as association:
        answers = association.send_c_get(_study(study_uid), GET)
        return _progress(answers, f"{peer} could not send the study", tell)


def _fetchable() -> list[str]:
    from cauda.node.syntaxes import transfer_syntaxes  # noqa: PLC0415 - loads every decoder

    return list(transfer_syntaxes())


def _progress(
    answers: Iterator[tuple[Dataset, Dataset | None]],
    failure: str,
    tell: Callable[[int, int], None],
) -> int:
    failed = 0
    for status, _ in answers:
        done = int(status.get("NumberOfCompletedSuboperations") or 0)
        failed = int(status.get("NumberOfFailedSuboperations") or 0)
        tell(done, int(status.get("NumberOfRemainingSuboperations") or 0))
        if not (status and status.Status in PENDING) and not failed:
            _check(status, failure)
    return failed


def _study(study_uid: str) -> Dataset:
    return _identifier({"StudyInstanceUID": study_uid})


def _identifier(query: Mapping[str, str]) -> Dataset:
    identifier = Dataset()
    identifier.QueryRetrieveLevel = "STUDY"
    for keyword, value in query.items():
        setattr(identifier, keyword, value)
    return identifier


def _check(status: Dataset, failure: str) -> None:
    """Raise unless a final status is success.

    Raises
    ------
    TransferError
    """
    code = status.get("Status")
    if code is None:
        msg = f"{failure}: no answer in time."
        raise TransferError(msg)
    if code != 0:
        msg = f"{failure}: status {code:04X}."
        raise TransferError(msg)

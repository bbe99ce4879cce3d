"""Sends what the journal holds, and tries again later what could not be sent."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine

from cauda.errors import CaudaError
from cauda.node import dicomweb, journal, transfer
from cauda.node.audit import Audit
from cauda.node.config import Config, Deliver
from cauda.node.peer import WebPeer, parse_peer
from cauda.node.store import Store
from cauda.node.tls import client_context

HOUR_S = 3600.0

_LOG = logging.getLogger(__name__)


def deliver(config: Config, store: Store, engine: Engine, audit: Audit) -> int:
    """Send everything that is due, study by study; return how many objects were taken."""
    destinations = {d.to: d for d in config.deliver}
    taken = 0
    for due in journal.due(engine, time.time()):
        destination = destinations.get(due.destination)
        rows = [row for row, _, _ in due.files]
        if destination is None:
            journal.give_up(engine, rows, "The configuration no longer names this destination.")
            continue
        taken += _send_study(config, store, engine, audit, due, destination)
    for study, state in journal.close_delivered(engine, time.time()):
        audit.write("ended", study=study, state=state)
    return taken


def _send_study(
    config: Config,
    store: Store,
    engine: Engine,
    audit: Audit,
    due: journal.Due,
    destination: Deliver,
) -> int:
    """Send one study's results to one destination; each is marked the moment it is taken."""
    left = {row: "It was not reached." for row, _, _ in due.files}
    names = {row: sop_uid for row, sop_uid, _ in due.files}
    order = list(left)

    def tell(index: int, reason: str) -> None:
        row = order[index]
        if reason:
            left[row] = reason
            return
        audit.write("delivered", study=due.study, destination=due.destination, result=names[row])
        journal.sent(engine, row, time.time())
        left.pop(row)

    paths = [store.root / file for _, _, file in due.files]
    try:
        _send(config, destination, paths, tell)
    except CaudaError as error:
        left = dict.fromkeys(left, str(error))
    if left:
        _put_off(config, engine, audit, due, left)
    return len(order) - len(left)


def _send(config: Config, destination: Deliver, paths: Sequence[Path], tell: transfer.Tell) -> None:
    peer = parse_peer(destination.to)
    if isinstance(peer, WebPeer):
        dicomweb.store(peer, paths, _access(destination), tell=tell)
    else:
        transfer.store(peer, paths, _caller(config, destination), tell=tell)


def reach(config: Config, destination: Deliver) -> None:
    """Verify that a destination answers, by C-ECHO or an empty search.

    Raises
    ------
    TransferError
        If it does not.
    """
    peer = parse_peer(destination.to)
    if isinstance(peer, WebPeer):
        dicomweb.ping(peer, _access(destination))
    else:
        transfer.echo(peer, _caller(config, destination))


def _access(destination: Deliver) -> dicomweb.Access:
    return dicomweb.Access(token_file=destination.token_file, tls=destination.tls)


def _caller(config: Config, destination: Deliver) -> transfer.Caller:
    context = client_context(destination.tls) if destination.tls else None
    return transfer.Caller(ae_title=config.node.ae_title, context=context)


def _put_off(
    config: Config, engine: Engine, audit: Audit, due: journal.Due, left: dict[int, str]
) -> None:
    """Try later, or give up once results are older than ``retry.give_up_h``."""
    now = time.time()
    reason = next(iter(left.values()))
    _LOG.warning("study %s: %d results not delivered: %s", due.study, len(left), reason)
    if now - due.made_at > config.retry.give_up_h * HOUR_S:
        journal.give_up(engine, left, reason)
        outcome = "given up"
    else:
        journal.try_later(engine, left, reason, now + config.retry.wait_s(due.attempts + 1))
        outcome = "later"
    audit.write(
        "not delivered",
        study=due.study,
        destination=due.destination,
        results=len(left),
        outcome=outcome,
        reason=reason,
    )

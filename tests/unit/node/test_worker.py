from __future__ import annotations

import time

import pytest
from pydicom import dcmread
from sqlalchemy import update

from cauda.errors import InputError
from cauda.node import journal, keep, queue
from cauda.node.analyses import kind_of, receipt, wanted
from cauda.node.config import Config
from cauda.node.deliver import deliver
from cauda.node.receive import Receiver
from cauda.node.status import read_status
from cauda.node.tables import STUDIES, State
from cauda.node.worker import open_bench, step

ARCHIVE = "ARCHIVE@127.0.0.1:1"
"""Nobody listens at port 1."""


@pytest.fixture
def bench(made, write, datasets):
    """A worker's bench with one complete study in its queue; results go to an archive."""
    content = made.config.model_dump()
    content["deliver"] = [{"to": ARCHIVE}]
    content["work"]["max_attempts"] = 2
    content["retry"]["first_s"] = 60.0
    config = Config.model_validate(content)
    receiver = Receiver(config, made.store, made.names, made.engine, made.audit)
    for number, dataset in enumerate(datasets()):
        receiver.take_file(write(dataset, made.store.incoming / f"{number}.dcm"), "TEST")
    (study,) = queue.quiet_studies(made.engine, time.time())
    assert queue.complete(made.engine, study, time.time(), time.time()) is not None

    benches = []

    def opened(analyze=receipt):
        benches.append(open_bench(config, "w", analyze))
        return benches[-1]

    yield opened
    for each in benches:
        each.engine.dispose()
        each.durable.dispose()


def only(bench):
    (row,) = read_status(bench.engine)
    return row


def raising(error):
    def analyze(_order):
        raise error

    return analyze


def test_a_receipt_reaches_the_journal_and_the_disk(bench, datasets) -> None:
    here = bench()
    assert step(here)
    assert not step(here)
    assert only(here).state == State.DELIVERING
    (due,) = journal.due(here.engine, time.time())
    assert due.destination == ARCHIVE
    ((_, uid, file),) = due.files
    result = dcmread(here.store.root / file)
    source = datasets()[0]
    assert result.SOPInstanceUID == uid
    assert result.StudyInstanceUID == source.StudyInstanceUID
    assert result.PatientID == source.PatientID
    assert kind_of(result) == "sr"
    assert "3 instances" in result.ContentSequence[0].TextValue


def test_an_unusable_study_is_refused_with_its_reason(bench) -> None:
    here = bench(raising(InputError("No sagittal series.")))
    assert step(here)
    assert only(here).state == State.REFUSED
    assert only(here).reason == "No sagittal series."


def test_a_fault_fails_the_study_without_quoting_it(bench) -> None:
    here = bench(raising(KeyError("DOE^JANE")))
    assert step(here)
    assert only(here).state == State.FAILED
    assert "JANE" not in only(here).reason
    assert "JANE" not in here.store.audit.read_text()


def test_a_passing_fault_is_tried_again_later_then_given_up(bench) -> None:
    here = bench(raising(OSError("disk")))
    assert step(here)
    assert only(here).state == State.QUEUED
    assert not step(here)
    states = []
    for _ in range(2):
        with here.engine.begin() as connection:
            connection.execute(update(STUDIES).values(not_before=0.0))
        assert step(here)
        states.append(only(here).state)
    assert states == [State.QUEUED, State.FAILED]
    assert "2 times" in only(here).reason


def test_a_destination_that_is_away_is_tried_again_and_the_study_says_so(bench) -> None:
    here = bench()
    step(here)
    config = here.config
    assert deliver(config, here.store, here.engine, here.audit) == 0
    assert only(here).state == State.DELIVERING
    assert "cannot be reached" in only(here).reason
    assert journal.due(here.engine, time.time()) == ()
    assert len(journal.due(here.engine, time.time() + 3600)) == 1


def test_recovery_deletes_what_nobody_was_told_of_and_keeps_the_rest(bench) -> None:
    here = bench()
    step(here)
    (study,) = (here.store.root / "studies").iterdir()
    (results,) = here.store.results(study.name).iterdir()
    (study / "orphan.dcm").write_bytes(b"x")
    half = results.with_name("9-half")
    half.mkdir()
    (here.store.incoming / "tmp.dcm").write_bytes(b"x")
    assert keep.recover(here.store, here.engine) == 0
    assert not half.exists()
    assert len(list(study.iterdir())) == 3
    assert len(list(results.iterdir())) == 1
    assert not list(here.store.incoming.iterdir())


def test_old_studies_are_deleted_but_remembered(bench) -> None:
    here = bench()
    step(here)
    (due,) = journal.due(here.engine, time.time())
    journal.sent(here.engine, due.files[0][0], time.time())
    journal.close_delivered(here.engine, time.time())
    assert keep.purge(here.config, here.store, here.engine) == 0
    content = here.config.model_dump()
    content["work"]["keep_h"] = 0
    assert keep.purge(Config.model_validate(content), here.store, here.engine) == 1
    assert not [p for p in (here.store.root / "studies").rglob("*") if p.is_file()]
    assert not [p for p in (here.store.root / "results").rglob("*") if p.is_file()]
    assert only(here).state == State.DONE


def test_files_lost_before_they_were_synced_make_a_study_incomplete(made, write, datasets) -> None:
    receiver = Receiver(made.config, made.store, made.names, made.engine, made.audit)
    for number, dataset in enumerate(datasets()):
        receiver.take_file(write(dataset, made.store.incoming / f"{number}.dcm"), "TEST")
    (study,) = (made.store.root / "studies").iterdir()
    sorted(study.iterdir())[0].unlink()
    sorted(study.iterdir())[0].write_bytes(b"")
    time.sleep(made.config.receive.quiet_s)
    assert keep.complete_quiet(made.config, made.store, made.engine, made.engine, made.audit) == 1
    (row,) = read_status(made.engine)
    assert row.state == State.INCOMPLETE
    assert "2 of 3" in row.reason


def test_only_what_a_destination_wants_is_made(made) -> None:
    content = made.config.model_dump()
    assert wanted(Config.model_validate(content)) == ("seg", "sr", "sc", "pdf")
    content["deliver"] = [
        {"to": ARCHIVE, "objects": ["sr"]},
        {"to": "http://x", "objects": ["seg"]},
    ]
    assert wanted(Config.model_validate(content)) == ("seg", "sr")

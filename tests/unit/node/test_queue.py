from __future__ import annotations

import threading
from itertools import permutations

import pytest
from sqlalchemy import select

from cauda.errors import RefusedObjectError
from cauda.node import journal, queue
from cauda.node.queue import Arrival
from cauda.node.status import read_status, retry
from cauda.node.tables import INSTANCES, STUDIES, State

STUDY = "a" * 32


def arrival(key="1", content="x", study=STUDY):
    return Arrival(
        study=study,
        key=key * 32,
        content=content,
        file=f"{key}-{content}.dcm",
        size_bytes=1,
        sender="TEST",
    )


def state(engine, study=STUDY):
    return read_status(engine, study)[0].state


def completed(engine, now=100.0, study=STUDY):
    return queue.complete(engine, study, now, now)


def test_a_study_goes_from_arrival_to_done(made) -> None:
    engine = made.engine
    assert queue.record(engine, arrival(), 10.0, 9)
    assert queue.quiet_studies(engine, 9.0) == ()
    assert queue.quiet_studies(engine, 10.0) == (STUDY,)
    done = completed(engine)
    assert done is not None
    assert done.state == State.QUEUED
    job = queue.claim(engine, "w", 101.0, 30.0)
    assert job is not None
    assert (job.files, job.attempts) == (("1-x.dcm",), 1)
    assert queue.claim(engine, "v", 101.0, 30.0) is None
    assert queue.finish(engine, job, [("1.2", "f", ["A", "B"])], 102.0)
    assert state(engine) == State.DELIVERING
    (a, b) = journal.due(engine, 103.0)
    assert {a.destination, b.destination} == {"A", "B"}
    for due in (a, b):
        journal.sent(engine, due.files[0][0], 104.0)
    assert journal.close_delivered(engine, 105.0) == ((STUDY, State.DONE),)
    assert journal.close_delivered(engine, 106.0) == ()


def test_the_order_of_arrival_does_not_change_a_study(made) -> None:
    contents = set()
    for number, order in enumerate(permutations("123")):
        study = f"{number:032d}"
        for key in order:
            queue.record(made.engine, arrival(key, study=study), 1.0, 9)
        completed(made.engine, study=study)
        job = queue.claim(made.engine, "w", 100.0, 30.0)
        assert job is not None
        contents.add(job.content)
    assert len(contents) == 1


@pytest.mark.parametrize("before", ["queued", "working", "delivering", "done"])
def test_a_repeated_instance_changes_nothing_a_new_one_reopens_the_study(made, before) -> None:
    engine = made.engine
    queue.record(engine, arrival(), 1.0, 9)
    completed(engine)
    job = queue.claim(engine, "w", 100.0, 30.0) if before != "queued" else None
    if before == "delivering":
        queue.finish(engine, job, [("1.2", "f", ["A"])], 101.0)
    if before == "done":
        queue.finish(engine, job, [], 101.0)
    assert state(engine) == before
    assert not queue.record(engine, arrival(), 200.0, 9)
    assert state(engine) == before
    assert queue.record(engine, arrival("2"), 201.0, 9)
    assert state(engine) == State.RECEIVING
    if before == "working":
        assert not queue.finish(engine, job, [("1.2", "f", ["A"])], 202.0)
        assert not queue.renew(engine, job, 300.0)
    assert journal.due(engine, 300.0) == ()
    assert completed(engine, 202.0) is not None
    again = queue.claim(engine, "w", 203.0, 30.0)
    assert again is not None
    assert (again.revision, len(again.files)) == (2, 2)


def test_a_lease_that_runs_out_is_taken_over_and_the_first_worker_comes_too_late(made) -> None:
    engine = made.engine
    queue.record(engine, arrival(), 1.0, 9)
    completed(engine)
    first = queue.claim(engine, "w", 100.0, 30.0)
    assert queue.claim(engine, "v", 129.0, 30.0) is None
    assert queue.renew(engine, first, 140.0)
    assert queue.claim(engine, "v", 139.0, 30.0) is None
    second = queue.claim(engine, "v", 141.0, 30.0)
    assert second is not None
    assert second.attempts == 2
    assert not queue.finish(engine, first, [("1.2", "f", ["A"])], 142.0)
    assert queue.finish(engine, second, [("1.2", "f", ["A"])], 143.0)
    assert len(journal.due(engine, 144.0)) == 1


def test_a_released_job_is_queued_again_and_cannot_be_finished_by_its_old_worker(made) -> None:
    engine = made.engine
    queue.record(engine, arrival(), 1.0, 9)
    completed(engine)
    job = queue.claim(engine, "w", 100.0, 30.0)
    assert queue.release(engine, "other") == 0
    assert queue.release(engine) == 1
    assert not queue.finish(engine, job, [], 101.0)
    assert queue.claim(engine, "v", 102.0, 30.0) is not None


def test_one_study_is_claimed_by_one_of_many_workers(made) -> None:
    for n in range(5):
        study = f"{n:032d}"
        queue.record(made.engine, arrival(study=study), 1.0, 9)
        completed(made.engine, study=study)
    claimed: list[str] = []

    def take(owner: str) -> None:
        while job := queue.claim(made.engine, owner, 100.0, 30.0):
            claimed.append(job.study)

    threads = [threading.Thread(target=take, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == [f"{n:032d}" for n in range(5)]


def test_a_study_has_a_largest_number_of_instances(made) -> None:
    queue.record(made.engine, arrival("1"), 1.0, 2)
    queue.record(made.engine, arrival("2"), 1.0, 2)
    queue.record(made.engine, arrival("2", "changed"), 1.0, 2)
    with pytest.raises(RefusedObjectError):
        queue.record(made.engine, arrival("3"), 1.0, 2)


def test_a_deleted_instance_makes_a_late_study_incomplete_until_it_is_sent_again(made) -> None:
    engine = made.engine
    queue.record(engine, arrival("1"), 1.0, 9)
    completed(engine)
    queue.finish(engine, queue.claim(engine, "w", 100.0, 30.0), [], 101.0)
    queue.mark_purged(engine, STUDY, ["1-x.dcm"])
    queue.record(engine, arrival("2"), 200.0, 9)
    assert completed(engine, 300.0).state == State.INCOMPLETE
    assert "1 of 2" in read_status(engine, STUDY)[0].reason
    assert not queue.record(engine, arrival("1"), 301.0, 9)
    assert completed(engine, 302.0).state == State.QUEUED
    assert len(queue.claim(engine, "w", 303.0, 30.0).files) == 2


def test_a_failed_study_can_be_tried_again(made) -> None:
    engine = made.engine
    queue.record(engine, arrival(), 1.0, 9)
    completed(engine)
    assert not retry(engine, STUDY)
    job = queue.claim(engine, "w", 100.0, 30.0)
    queue.settle(engine, job, State.FAILED, "why", 101.0)
    assert read_status(engine, STUDY)[0].reason == "why"
    assert retry(engine, STUDY)
    assert queue.claim(engine, "w", 1e12, 30.0) is not None


def test_an_undelivered_result_fails_its_study_and_retry_sends_it_again(made) -> None:
    engine = made.engine
    queue.record(engine, arrival(), 1.0, 9)
    completed(engine)
    queue.finish(engine, queue.claim(engine, "w", 100.0, 30.0), [("1.2", "f", ["A"])], 101.0)
    (due,) = journal.due(engine, 102.0)
    journal.try_later(engine, [due.files[0][0]], "busy", 200.0)
    assert journal.due(engine, 199.0) == ()
    (due,) = journal.due(engine, 200.0)
    assert due.attempts == 1
    journal.give_up(engine, [due.files[0][0]], "gone")
    assert journal.close_delivered(engine, 201.0) == ((STUDY, State.FAILED),)
    assert retry(engine, STUDY)
    assert state(engine) == State.DELIVERING
    assert len(journal.due(engine, 1e12)) == 1


def test_nothing_in_the_queue_is_an_identifier(made, write, datasets) -> None:
    from cauda.node.receive import Receiver

    dataset = datasets()[0]
    path = write(dataset, made.store.incoming / "a.dcm")
    receiver = Receiver(made.config, made.store, made.names, made.engine, made.audit)
    receiver.take_file(path, "TEST")
    with made.engine.connect() as connection:
        rows = [*connection.execute(select(STUDIES)), *connection.execute(select(INSTANCES))]
    text = repr(rows)
    for keyword in ("PatientID", "PatientName", "StudyInstanceUID", "SOPInstanceUID"):
        assert str(dataset[keyword].value) not in text

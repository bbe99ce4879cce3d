"""The node beside a real archive: Orthanc, on loopback, by DIMSE and by DICOMweb."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cauda.errors import TransferError
from cauda.node import dicomweb
from cauda.node.peer import WebPeer
from cauda.phantom.stacks import StudyPlan
from cauda.phantom.study import write_study
from cauda.vocab import Contrast

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
BIN = Path(sys.executable).parent
FORWARD = """
function OnStableSeries(seriesId, tags, metadata)
  if tags['Modality'] == 'MR' then
    local order = { Resources = { seriesId }, Synchronous = false }
    RestApiPost('/modalities/node/store', DumpJson(order))
  end
end
"""
NODE = """
[node]
port = {port}
store = "store"
[receive]
allow = ["ORTHANC", "SENDER"]
quiet_s = 3
min_free_gib = 0.1
[work]
analysis = "full"
[[deliver]]
to = "{destination}"
objects = {objects}
[retry]
first_s = 1
"""
PULL = """
[[pull]]
source = "{source}"
every_s = 2
within_days = 0
"""
PATIENCE_S = 900.0
"""A phantom takes half a minute on two quiet cores, far longer on busy ones."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.integration,
    pytest.mark.skipif(shutil.which("Orthanc") is None, reason="Orthanc is not installed"),
    pytest.mark.skipif(not PLUGIN.is_file(), reason="orthanc-dicomweb is not installed"),
]


@dataclass(frozen=True)
class Archive:
    """A running Orthanc."""

    dicom: str
    web: str
    node_port: int
    sender_port: int


def free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def until(condition: Callable[[], object], what: str, limit_s: float = PATIENCE_S) -> object:
    ends = time.monotonic() + limit_s
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < ends, f"no {what} within {limit_s:.0f} s"
        time.sleep(0.5)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """Orthanc with DICOMweb, which forwards MR series to the node."""
    http, dicom, node, sender = free_port(), free_port(), free_port(), free_port()
    folder = tmp_path / "orthanc"
    folder.mkdir()
    script = folder / "forward.lua"
    script.write_text(FORWARD)
    config = {
        "StorageDirectory": str(folder / "db"),
        "IndexDirectory": str(folder / "db"),
        "HttpPort": http,
        "DicomPort": dicom,
        "DicomAet": "ORTHANC",
        "DicomModalities": {
            "node": ["CAUDA", "127.0.0.1", node],
            "sender": ["SENDER", "127.0.0.1", sender],
        },
        "DicomCheckModalityHost": True,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "StableAge": 1,
        "LuaScripts": [str(script)],
        "Plugins": [str(PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    path = folder / "orthanc.json"
    path.write_text(json.dumps(config))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(["Orthanc", path], stdout=log, stderr=log)
    web = f"http://127.0.0.1:{http}/dicom-web"
    try:
        until(lambda: _answers(WebPeer(url=web)), "Orthanc", 60)
        title = f"ORTHANC@127.0.0.1:{dicom}"
        yield Archive(dicom=title, web=web, node_port=node, sender_port=sender)
    finally:
        process.terminate()
        process.wait(60)


def _answers(peer: WebPeer) -> bool:
    try:
        dicomweb.ping(peer, dicomweb.Access())
    except TransferError:
        return False
    return True


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small phantom: one sagittal T2 series."""
    folder = tmp_path_factory.mktemp("phantom")
    plan = StudyPlan(
        contrasts=(Contrast.T2,), sagittal_matrix=256, sagittal_pixel_mm=1.05, has_axial=False
    )
    write_study(folder, seed=5, plan=plan)
    return folder / "dicom"


@pytest.fixture
def start_node(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Run `cauda node` with a destination; it must stop cleanly at the end."""
    running = []

    def start(port: int, destination: str, objects: list[str], more: str = "") -> Path:
        config = tmp_path / "node.toml"
        text = NODE.format(port=port, destination=destination, objects=json.dumps(objects))
        config.write_text(text + more)
        with (tmp_path / "node.log").open("wb") as log:
            command = [BIN / "cauda", "node", "run", "--config", config]
            environment = {**os.environ, "OMP_NUM_THREADS": "1"}
            running.append(subprocess.Popen(command, stdout=log, stderr=log, env=environment))
        until(lambda: b"listens" in (tmp_path / "node.log").read_bytes(), "node", 120)
        return config

    yield start
    for process in running:
        process.send_signal(signal.SIGTERM)
        assert process.wait(90) == 0


def cauda(*arguments: object) -> str:
    command = [BIN / "cauda", *(str(a) for a in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def modalities(archive: Archive) -> dict[str, int]:
    """Number of instances by modality, by QIDO and WADO metadata."""
    client = dicomweb.open_client(WebPeer(url=archive.web), dicomweb.Access())
    found: dict[str, int] = {}
    for series in client.search_for_series(fields=["Modality", "NumberOfSeriesRelatedInstances"]):
        modality = series["00080060"]["Value"][0]
        found[modality] = found.get(modality, 0) + int(series["00201209"]["Value"][0])
    return found


def check_results(archive: Archive, source: Path) -> None:
    """The results belong to the patient and study of the images, and can be fetched."""
    from pydicom import dcmread

    image = dcmread(next(source.iterdir()), stop_before_pixels=True)
    peer = WebPeer(url=archive.web)
    (found,) = dicomweb.find(peer, {"PatientID": str(image.PatientID)}, dicomweb.Access())
    assert found.StudyInstanceUID == image.StudyInstanceUID
    fetched = list(dicomweb.retrieve(peer, str(image.StudyInstanceUID), dicomweb.Access()))
    by_modality = {d.Modality: d for d in fetched}
    segments, report = by_modality["SEG"], by_modality["SR"]
    assert segments.FrameOfReferenceUID == image.FrameOfReferenceUID
    assert report.VerificationFlag == "UNVERIFIED"
    for result in (segments, report):
        assert result.PatientName == image.PatientName
        assert result.SeriesDescription.startswith("Research - not for diagnosis")


def test_a_study_is_fetched_by_get_by_move_and_by_wado(archive, study, tmp_path) -> None:
    images = len(list(study.iterdir()))
    cauda("send", study, "--to", archive.dicom, "--calling", "SENDER")
    uid = _study_uid(study)
    ours = ("--calling", "SENDER", "--study", uid)
    port = archive.sender_port
    cauda("fetch", "--from", archive.dicom, *ours, "-o", tmp_path / "get")
    cauda(
        "fetch", "--from", archive.dicom, *ours, "-o", tmp_path / "move", "--move", "--port", port
    )
    cauda("fetch", "--from", archive.web, "--study", uid, "-o", tmp_path / "wado")
    kinds = [sorted(p.name for p in (tmp_path / k).iterdir()) for k in ("get", "move", "wado")]
    assert kinds[0] == kinds[1] == kinds[2]
    assert len(kinds[0]) == images


def test_a_study_goes_from_archive_to_node_and_back_by_dimse(
    archive, study, start_node, tmp_path
) -> None:
    config = start_node(archive.node_port, archive.dicom, ["seg", "sr"])
    assert "answers" in cauda("node", "check", "--config", config)
    images = len(list(study.iterdir()))
    sent = cauda("send", study, "--to", archive.dicom, "--calling", "SENDER")
    assert f"{images} of {images}" in sent
    until(lambda: "SR" in modalities(archive), "results")
    until(lambda: "done" in cauda("node", "status", "--config", config), "end", 60)
    assert modalities(archive)["MR"] == images
    check_results(archive, study)
    fetched = tmp_path / "fetched"
    uid = _study_uid(study)
    cauda("fetch", "--from", archive.dicom, "--study", uid, "--calling", "SENDER", "-o", fetched)
    assert len(list(fetched.iterdir())) == sum(modalities(archive).values())
    assert "0 that do not follow" in cauda("node", "audit", "--config", config)
    text = (tmp_path / "node.log").read_text() + (tmp_path / "store/audit.jsonl").read_text()
    assert uid not in text
    assert "PHANTOM" not in text


def test_a_study_goes_from_archive_to_node_and_back_by_dicomweb(
    archive, study, start_node, tmp_path
) -> None:
    config = start_node(free_port(), archive.web, ["seg", "sr"], PULL.format(source=archive.web))
    assert "answers" in cauda("node", "check", "--config", config)
    images = len(list(study.iterdir()))
    assert f"{images} of {images}" in cauda("send", study, "--to", archive.web)
    until(lambda: "SR" in modalities(archive), "results")
    until(lambda: "done" in cauda("node", "status", "--config", config), "end", 60)
    assert modalities(archive)["MR"] == images
    check_results(archive, study)
    uid, fetched = _study_uid(study), tmp_path / "fetched"
    assert uid in cauda("fetch", "--from", archive.web, "--study", uid, "--list")
    cauda("fetch", "--from", archive.web, "--study", uid, "-o", fetched)
    assert len(list(fetched.iterdir())) == sum(modalities(archive).values())


def _study_uid(study: Path) -> str:
    from pydicom import dcmread

    return str(dcmread(next(study.iterdir()), stop_before_pixels=True).StudyInstanceUID)

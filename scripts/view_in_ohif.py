"""Open a study and its results in OHIF: an Orthanc of its own, the viewer before it, one address.

Needs Orthanc with its DICOMweb plugin, and OHIF's built pages: `npm pack @ohif/app@3.12.10` and
unpack it. Analyze with --keep-identifiers; otherwise results and images are of two studies.
In the viewer, double-click a SEG to lay it over its series.

Example: python scripts/view_in_ohif.py --viewer package/dist STUDY/dicom OUT/dicom
"""

from __future__ import annotations

import argparse
import functools
import http.client
import http.server
import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from urllib.error import URLError

from pydicom import dcmread

ORTHANC, PORT = 8099, 8098
PLUGIN = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"
PATIENCE_S = 60.0
SOURCE = {
    "namespace": "@ohif/extension-default.dataSourcesModule.dicomweb",
    "sourceName": "orthanc",
    "configuration": {
        "friendlyName": "Orthanc",
        "name": "orthanc",
        "qidoRoot": "/dicom-web",
        "wadoRoot": "/dicom-web",
        "imageRendering": "wadors",
        "thumbnailRendering": "wadors",
        "bulkDataURI": {"enabled": True},
    },
}
CONFIG = {
    "routerBasename": "/",
    "extensions": [],
    "modes": [],
    "showStudyList": True,
    "disableConfirmationPrompts": True,
    "defaultDataSourceName": "orthanc",
    "dataSources": [SOURCE],
}


class Viewer(http.server.SimpleHTTPRequestHandler):
    """OHIF's files, its settings, and everything under /dicom-web from Orthanc."""

    def do_GET(self) -> None:
        """Answer one request."""
        page = self.path.split("?")[0]
        if page.startswith("/dicom-web"):
            line = http.client.HTTPConnection("127.0.0.1", ORTHANC)
            passed = {k: v for k, v in self.headers.items() if k in {"Accept", "Host"}}
            line.request("GET", self.path, headers=passed)
            got = line.getresponse()
            self._answer(got.status, got.getheader("Content-Type") or "", got.read())
        elif page == "/app-config.js":
            content = f"window.config={json.dumps(CONFIG)}"
            self._answer(200, "text/javascript", content.encode())
        else:
            if not Path(self.translate_path(page)).is_file():
                self.path = "/index.html"
            super().do_GET()

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: requests hold UIDs."""


def start_orthanc(folder: Path) -> subprocess.Popen[bytes]:
    """Start an empty Orthanc that answers this machine only."""
    places = {"StorageDirectory": str(folder), "IndexDirectory": str(folder)}
    settings = {"HttpPort": ORTHANC, "DicomServerEnabled": False, "Plugins": [PLUGIN], **places}
    (folder / "orthanc.json").write_text(json.dumps(settings))
    socket.create_server(("127.0.0.1", ORTHANC)).close()  # another's archive must not answer
    process = subprocess.Popen(["Orthanc", folder / "orthanc.json"], stderr=subprocess.DEVNULL)
    end = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < end:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{ORTHANC}/system").close()
        except URLError:
            time.sleep(0.3)
        else:
            return process
    process.kill()
    msg = "Orthanc did not start."
    raise SystemExit(msg)


def upload(folders: Sequence[Path]) -> str:
    """Store every file in Orthanc and return the study's UID."""
    studies = set()
    for path in (p for folder in folders for p in sorted(folder.rglob("*.dcm"))):
        studies.add(str(dcmread(path, stop_before_pixels=True).StudyInstanceUID))
        address = f"http://127.0.0.1:{ORTHANC}/instances"
        urllib.request.urlopen(urllib.request.Request(address, path.read_bytes())).close()
    if len(studies) != 1:
        msg = f"One study is needed, not {len(studies)}; were the identifiers kept?"
        raise SystemExit(msg)
    return studies.pop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--viewer", type=Path, required=True, help="OHIF's dist folder.")
    parser.add_argument("folders", type=Path, nargs="+", help="Images and results.")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with tempfile.TemporaryDirectory() as scratch:
        orthanc = start_orthanc(Path(scratch))
        try:
            study = upload(args.folders)
            print(f"http://127.0.0.1:{PORT}/viewer?StudyInstanceUIDs={study}", flush=True)
            handler = functools.partial(Viewer, directory=str(args.viewer))
            http.server.ThreadingHTTPServer(("127.0.0.1", PORT), handler).serve_forever()
        finally:
            orthanc.terminate()
            orthanc.wait()


if __name__ == "__main__":
    main()

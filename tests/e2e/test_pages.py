"""The pages in a real browser: no accessibility fault, nothing cut off on a phone.

Needs Chromium and axe-core; CI installs both and names the script in CAUDA_AXE.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data_samples/l5s1_extrusion_left/dicom"
COMMAND = str(Path(sys.executable).parent / "cauda")
COMPLAINT = "numb outer foot and little toe on the left, my toes cramp at night"
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), "")
AXE = Path(os.environ.get("CAUDA_AXE", "node_modules/axe-core/axe.min.js"))
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
SCRIPT = """
<script>{axe}</script>
<script>
const wide = document.documentElement.scrollWidth > window.innerWidth;
axe.run(document, {{runOnly: {tags}}}).then(found => {{
  const out = document.createElement("pre");
  out.id = "axe-found";
  const where = nodes => nodes.map(n => n.html.slice(0, 160));
  const faults = found.violations.map(v => [v.id, v.impact, where(v.nodes)]);
  out.textContent = JSON.stringify({{faults, wide, passes: found.passes.length}});
  document.body.replaceChildren(out);
}});
</script></body>
"""
PHONE, DESKTOP = (390, 844), (1280, 900)

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium; apt-get install chromium"),
]


def audit(page: str, size: tuple[int, int], folder: Path) -> Mapping[str, Any]:
    """Run axe-core inside the page and return its faults."""
    if not AXE.is_file():
        pytest.skip(f"no axe-core at {AXE}; npm install axe-core, set CAUDA_AXE to axe.min.js")
    script = SCRIPT.format(axe=AXE.read_text(encoding="utf-8"), tags=json.dumps(TAGS))
    file = folder / "page.html"
    file.write_text(page.replace("</body>", script), encoding="utf-8")
    # a headless window is at least 500 px wide, so a phone is a frame in a page of its own
    frame = folder / "frame.html"
    frame.write_text(
        f'<body><iframe id="f" src="page.html" width="{size[0]}" height="{size[1]}"></iframe>'
        "<script>const wait = setInterval(() => {const found = document.getElementById('f')"
        ".contentDocument.getElementById('axe-found'); if (found) {clearInterval(wait);"
        "document.body.replaceChildren(found);}}, 50);</script></body>",
        encoding="utf-8",
    )
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
        f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=20000", "--dump-dom",
        f"--window-size={size[0] + 40},{size[1]}", frame.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    told = re.search(r'<pre id="axe-found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert told, done.stderr[-2000:]
    return dict(json.loads(html.unescape(told[1])))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The three pages of one sample study, written by the command itself."""
    found = {}
    for audience, formats in (("clinician", "html,summary"), ("patient", "summary")):
        folder = tmp_path_factory.mktemp(audience)
        command = [
            COMMAND, "analyze", SAMPLE, "-o", folder, "--formats", formats,
            "--audience", audience, "--symptoms", COMPLAINT,
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        found[audience] = (folder / "summary.html").read_text(encoding="utf-8")
        if "html" in formats.split(","):
            found["report"] = (folder / "report.html").read_text(encoding="utf-8")
    return found


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("kind", ["clinician", "patient", "report"])
def test_no_page_has_a_serious_fault(
    kind: str, size: tuple[int, int], pages: Mapping[str, str], tmp_path: Path
) -> None:
    found = audit(pages[kind], size, tmp_path)
    assert [f for f in found["faults"] if f[1] in {"serious", "critical"}] == []
    assert found["passes"] > 10
    assert not found["wide"]


def test_the_audit_can_fail(tmp_path: Path) -> None:
    page = '<html><body><img src="data:,"><p style="color:#ccc">Hard to read.</p></body></html>'
    found = audit(page, DESKTOP, tmp_path)
    assert {"image-alt", "color-contrast"} <= {f[0] for f in found["faults"]}

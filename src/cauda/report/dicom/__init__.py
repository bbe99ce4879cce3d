"""Results as DICOM objects that go back to where the images came from.

Everything here is unreviewed and says so. Objects carry the patient and study modules of their
sources; whoever writes them elsewhere de-identifies them first.
"""

from __future__ import annotations

from cauda.report.dicom.context import Context, Options
from cauda.report.dicom.objects import dicom_objects

__all__ = ["Context", "Options", "dicom_objects"]

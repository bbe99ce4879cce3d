"""What PS3.15's basic profile takes away is gone, and what is left still belongs together."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

from cauda.load.deidentify import deidentified, pseudonym, remapped_uid


@pytest.fixture
def source():
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = MRImageStorage, "1.2.3.4"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2.3", "1.2.3.1"
    dataset.FrameOfReferenceUID = "1.2.9"
    dataset.PatientName, dataset.PatientID = "Doe^Jane", "MRN-4711"
    dataset.PatientBirthDate, dataset.PatientAge = "19700203", "050Y"
    dataset.InstitutionName, dataset.StationName = "Hospital", "MR1"
    dataset.SeriesDescription = "Research - not for diagnosis"
    dataset.ContentDate = "20250506"
    dataset.EchoTime = 90
    dataset.add_new(0x00091001, "LO", "Doe private")
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = MRImageStorage, "1.2.3.4"
    item.PatientName = "Doe^Jane"
    dataset.ReferencedImageSequence = [item]
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def test_nothing_of_the_patient_is_left(source):
    text = str(deidentified(source))
    for secret in ("Doe", "4711", "19700203", "Hospital", "MR1", "050Y", "20250506", "1.2.3"):
        assert secret not in text.replace("1.2.840", "")
    assert "Doe" in str(source)


def test_uids_still_point_to_each_other(source):
    made = deidentified(source)
    assert made.ReferencedImageSequence[0].ReferencedSOPInstanceUID == made.SOPInstanceUID
    assert made.file_meta.MediaStorageSOPInstanceUID == made.SOPInstanceUID
    assert made.SOPClassUID == MRImageStorage
    assert deidentified(source).SeriesInstanceUID == made.SeriesInstanceUID
    assert deidentified(source, key="mine").SeriesInstanceUID != made.SeriesInstanceUID
    assert made.SOPInstanceUID == remapped_uid("1.2.3.4")


def test_what_says_nothing_of_the_patient_stays(source):
    made = deidentified(source, kept=("SeriesDescription",))
    assert made.EchoTime == 90
    assert made.SeriesDescription == "Research - not for diagnosis"
    assert "SeriesDescription" not in deidentified(source)
    codes = [c.CodeValue for c in made.DeidentificationMethodCodeSequence]
    assert (made.PatientIdentityRemoved, codes) == ("YES", ["113100", "113105"])


def test_the_pseudonym_is_of_the_study_not_of_the_patient_id(source):
    source.PatientID = "another"
    assert deidentified(source).PatientID == pseudonym("1.2.3")

"""The SR gives back every number, side and status; the symptom map only when asked for."""

from __future__ import annotations

import io

from highdicom.sr import srread
from pydicom import dcmread

from cauda.report.dicom import dicom_objects


def content(dataset):
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    stream.seek(0)
    return dcmread(stream)


def items(item):
    """Every content item below ``item``, depth first."""
    for child in item.get("ContentSequence", ()):
        yield child
        yield from items(child)


def name(item):
    return item.ConceptNameCodeSequence[0].CodeMeaning if "ConceptNameCodeSequence" in item else ""


def groups(dataset):
    return [i for i in items(content(dataset)) if name(i) == "Measurement Group"]


def told(group, what):
    return [i for i in group.ContentSequence if name(i) == what]


def test_every_number_comes_back_to_the_last_digit(make_case):
    case = make_case("classic")
    found = []
    for group in groups(case.sr):
        identifier = told(group, "Tracking Identifier")[0].TextValue
        for item in (i for i in group.ContentSequence if i.ValueType == "NUM"):
            value = item.MeasuredValueSequence[0]
            unit = value.MeasurementUnitsCodeSequence[0]
            assert unit.CodingSchemeDesignator == "UCUM"
            assert abs(float(value.NumericValue) - value.FloatingPointValue) < 1e-12
            found.append((identifier, value.FloatingPointValue, unit.CodeValue))
    wanted = [
        (f"Cauda {m.level}" + (f", {m.side}" if m.side else ""), m.value, m.unit)
        for m in case.analysis.measurements
    ]
    assert sorted(found) == sorted(wanted)


def test_highdicom_reads_the_groups(make_case):
    stream = io.BytesIO()
    make_case("classic").sr.save_as(stream, enforce_file_format=True)
    stream.seek(0)
    report = srread(stream).content
    found = [
        m.value
        for g in report.get_volumetric_roi_measurement_groups()
        for m in g.get_measurements()
    ]
    assert sorted(found) == sorted(m.value for m in make_case("classic").analysis.measurements)


def test_each_side_has_its_own_group_site_and_segment(make_case):
    case = make_case("classic")
    segment_names = {s.SegmentNumber: s.SegmentLabel for s in case.segs[0].SegmentSequence}
    sided = {}
    for group in groups(case.sr):
        identifier = told(group, "Tracking Identifier")[0].TextValue
        site = told(group, "Finding Site")[0]
        sides = [
            i.ConceptCodeSequence[0].CodeMeaning
            for i in site.get("ContentSequence", ())
            if name(i) == "Laterality"
        ]
        for reference in told(group, "Referenced Segment"):
            target = reference.ReferencedSOPSequence[0]
            assert target.ReferencedSOPInstanceUID == case.segs[0].SOPInstanceUID
            sided[identifier] = (sides, segment_names[target.ReferencedSegmentNumber])
    assert sided["Cauda L5-S1, left"] == (["Left"], "L5-S1 neural foramen, left")
    assert sided["Cauda L5-S1, right"] == (["Right"], "L5-S1 neural foramen, right")
    assert sided["Cauda L5-S1"] == ([], "L5-S1 disc")


def test_a_measurement_names_the_slice_it_was_read_on(make_case):
    case = make_case("classic")
    drawn = case.analysis.segmentations[0].space
    images = {d.SOPInstanceUID: d for d in (dcmread(p) for p in case.folder.rglob("*.dcm"))}
    left = next(
        g
        for g in groups(case.sr)
        if told(g, "Tracking Identifier")[0].TextValue == "Cauda L5-S1, left"
    )
    number = next(i for i in left.ContentSequence if i.ValueType == "NUM")
    (source,) = told(number, "Source of Measurement")
    image = images[source.ReferencedSOPSequence[0].ReferencedSOPInstanceUID]
    middle = [9, (drawn.shape[1] - 1) / 2, (drawn.shape[2] - 1) / 2]
    assert abs(drawn.to_lps(middle)[0] - image.ImagePositionPatient[0]) < 8
    others = [abs(drawn.to_lps(middle)[0] - i.ImagePositionPatient[0]) for i in images.values()]
    assert sum(o < abs(drawn.to_lps(middle)[0] - image.ImagePositionPatient[0]) for o in others) < 2


def test_grades_and_reasons_are_told(make_case):
    report = content(make_case("classic").sr)
    codes = [i for i in items(report) if i.ValueType == "CODE"]
    grades = {name(i): i.ConceptCodeSequence[0].CodeMeaning for i in codes}
    assert grades["foraminal stenosis, Lee 2010 (foramen)"] == "2: moderate foraminal stenosis"
    assert "Not assessed" in grades.values()
    texts = " ".join(i.TextValue for i in items(report) if i.ValueType == "TEXT")
    assert "No axial series shows this level." in texts
    assert "EMERGENCY (not asked): Seek emergency medical care now." in texts
    assert "RESEARCH USE ONLY" in texts


def test_it_is_unverified_and_preliminary(make_case):
    report = make_case("classic").sr
    assert (report.VerificationFlag, report.PreliminaryFlag) == ("UNVERIFIED", "PRELIMINARY")


def test_the_symptom_map_goes_only_when_asked_for(make_case):
    case = make_case("classic")
    (asked,) = dicom_objects(case.again(with_symptoms=True), ("sr",))
    for dataset, is_there in ((case.sr, False), (asked, True)):
        texts = [i.TextValue for i in items(dataset) if i.ValueType == "TEXT"]
        assert any("top of the foot" in text for text in texts) is is_there


def test_without_segmentations_nothing_points_to_one(make_case):
    (alone,) = dicom_objects(make_case("classic").again(), ("sr",))
    assert not [i for i in items(alone) if name(i) == "Referenced Segment"]
    assert "66.4" not in str(alone.CurrentRequestedProcedureEvidenceSequence)

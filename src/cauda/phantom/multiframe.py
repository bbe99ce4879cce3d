"""A volume written as one Enhanced MR object, all slices as frames (DICOM PS3.3 A.36.2)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian

from cauda.phantom.dicom import (
    Protocol,
    Visit,
    add_pixels,
    common_header,
    decimal,
    plane_of,
    save,
    slices_last,
    stored_integers,
)
from cauda.records import Volume

STACK_ID, IN_STACK_POSITION, FRAME_CONTENT = 0x00209056, 0x00209057, 0x00209111
"""Tags of the two dimensions that order the frames, and of the sequence that holds them."""


def write_multiframe(
    path: Path,
    volume: Volume,
    *,
    protocol: Protocol | None = None,
    visit: Visit | None = None,
    series_number: int = 1,
    transfer_syntax: str = ExplicitVRLittleEndian,
) -> Path:
    """Write one stack as one Enhanced MR Image Storage file.

    Parameters
    ----------
    path : Path
        The file; its folder is made if absent.
    volume : Volume
        Any orientation; voxels are rounded to 16-bit integers.
    protocol, visit, series_number, transfer_syntax
        As in :func:`cauda.phantom.dicom.write_series`.
    """
    protocol, visit = protocol or Protocol(), visit or Visit()
    volume = slices_last(volume)
    dataset = common_header(protocol, visit, volume, series_number)
    dataset.SOPClassUID = EnhancedMRImageStorage
    dataset.SOPInstanceUID = visit.uid("multiframe", series_number)
    dataset.InstanceNumber = 1
    dataset.ImageType = [*protocol.image_type[:2], "OTHER", "NONE"]
    _add_acquisition(dataset, protocol, visit)
    _add_dimensions(dataset, visit)
    dataset.SharedFunctionalGroupsSequence = [_shared_groups(volume, protocol)]
    count, start = volume.space.shape[2], visit.date + visit.time
    frames = [_frame_groups(volume, k, start) for k in range(count)]
    dataset.PerFrameFunctionalGroupsSequence = frames
    add_pixels(dataset, np.transpose(stored_integers(volume.voxels), (2, 1, 0)))
    dataset.NumberOfFrames = count
    del dataset.WindowCenter, dataset.WindowWidth
    path.parent.mkdir(parents=True, exist_ok=True)
    save(dataset, path, transfer_syntax)
    return path


def _item(**attributes: object) -> Dataset:
    item = Dataset()
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    return item


def _add_acquisition(dataset: Dataset, protocol: Protocol, visit: Visit) -> None:
    facts = {
        "AcquisitionDateTime": visit.date + visit.time,
        "AcquisitionDuration": 120.0,
        "ApplicableSafetyStandardAgency": "IEC",
        "BurnedInAnnotation": "NO",
        "LossyImageCompression": "00",
        "PresentationLUTShape": "IDENTITY",
        "PixelPresentation": "MONOCHROME",
        "VolumetricProperties": "VOLUME",
        "VolumeBasedCalculationTechnique": "NONE",
        "ComplexImageComponent": "MAGNITUDE",
        "AcquisitionContrast": "UNKNOWN",
        "ContentQualification": "RESEARCH",
        "ResonantNucleus": "1H",
        "KSpaceFiltering": "NONE",
        "MagneticFieldStrength": protocol.field_strength_t,
        "PulseSequenceName": "tse",
        "MRAcquisitionType": "2D",
        "EchoPulseSequence": "GRADIENT" if "GR" in protocol.sequence else "SPIN",
        "MultipleSpinEcho": "NO",
        "MultiPlanarExcitation": "NO",
        "PhaseContrast": "NO",
        "TimeOfFlightContrast": "NO",
        "SteadyStatePulseSequence": "NONE",
        "EchoPlanarPulseSequence": "NO",
        "SpectrallySelectedSuppression": "FAT" if "FS" in protocol.options else "NONE",
        "OversamplingPhase": "NONE",
        "SaturationRecovery": "NO",
        "GeometryOfKSpaceTraversal": "RECTILINEAR",
        "RectilinearPhaseEncodeReordering": "LINEAR",
        "SegmentedKSpaceTraversal": "SINGLE",
        "NumberOfKSpaceTrajectories": 1,
        "AcquisitionContextSequence": [],
    }
    del dataset.AcquisitionDate, dataset.AcquisitionTime
    for keyword, value in facts.items():
        setattr(dataset, keyword, value)
    if protocol.contrast_agent:
        dataset.ContrastBolusAgentSequence = [_contrast_item(protocol.contrast_agent)]


def _contrast_item(agent: str) -> Dataset:
    return _item(CodeValue="1", CodingSchemeDesignator="99CAUDA", CodeMeaning=agent)


def _add_dimensions(dataset: Dataset, visit: Visit) -> None:
    uid = visit.uid("dimensions")
    dataset.DimensionOrganizationSequence = [_item(DimensionOrganizationUID=uid)]
    dataset.DimensionIndexSequence = [
        _item(
            DimensionOrganizationUID=uid,
            DimensionIndexPointer=tag,
            FunctionalGroupPointer=FRAME_CONTENT,
        )
        for tag in (STACK_ID, IN_STACK_POSITION)
    ]


def _shared_groups(volume: Volume, protocol: Protocol) -> Dataset:
    column_mm, row_mm, slice_mm = volume.space.spacing_mm
    groups = {
        "PixelMeasuresSequence": _item(
            PixelSpacing=[decimal(row_mm), decimal(column_mm)],
            SliceThickness=decimal(protocol.thickness_mm or slice_mm),
            SpacingBetweenSlices=decimal(slice_mm),
        ),
        "PlaneOrientationSequence": _item(ImageOrientationPatient=plane_of(volume, 0)[1]),
        "MRImageFrameTypeSequence": _item(
            FrameType=[*protocol.image_type[:2], "OTHER", "NONE"],
            PixelPresentation="MONOCHROME",
            VolumetricProperties="VOLUME",
            VolumeBasedCalculationTechnique="NONE",
            ComplexImageComponent="MAGNITUDE",
            AcquisitionContrast="UNKNOWN",
        ),
        "MRTimingAndRelatedParametersSequence": _item(
            RepetitionTime=protocol.repetition_ms,
            FlipAngle=protocol.flip_deg,
            EchoTrainLength=protocol.echo_train,
            RFEchoTrainLength=protocol.echo_train,
            GradientEchoTrainLength=0,
            OperatingModeSequence=[
                _item(OperatingModeType=kind, OperatingMode="IEC_NORMAL")
                for kind in ("STATIC FIELD", "RF", "GRADIENT")
            ],
            GradientOutputType="DB_DT",
            GradientOutput=0.0,
            SpecificAbsorptionRateSequence=[
                _item(
                    SpecificAbsorptionRateDefinition="IEC_WHOLE_BODY",
                    SpecificAbsorptionRateValue=0.0,
                )
            ],
        ),
        "MREchoSequence": _item(EffectiveEchoTime=protocol.echo_ms),
        "MRModifierSequence": _modifier(protocol),
        "PixelValueTransformationSequence": _item(
            RescaleIntercept=0.0, RescaleSlope=1.0, RescaleType="US"
        ),
        "FrameAnatomySequence": _anatomy(),
        **_scanner_groups(volume),
        "FrameVOILUTSequence": _item(WindowCenter=500.0, WindowWidth=1000.0),
    }
    return _item(**{name: Sequence([item]) for name, item in groups.items()})


def _scanner_groups(volume: Volume) -> dict[str, Dataset]:
    """Groups that the standard asks for and that say nothing about the image."""
    columns, rows, _ = volume.space.shape
    return {
        "MRFOVGeometrySequence": _item(
            InPlanePhaseEncodingDirection="ROW",
            MRAcquisitionFrequencyEncodingSteps=rows,
            MRAcquisitionPhaseEncodingStepsInPlane=columns,
            PercentSampling=100.0,
            PercentPhaseFieldOfView=100.0,
        ),
        "MRImagingModifierSequence": _item(
            MagnetizationTransfer="NONE",
            BloodSignalNulling="NO",
            Tagging="NONE",
            TransmitterFrequency=63.9,
            PixelBandwidth=200.0,
        ),
        "MRReceiveCoilSequence": _item(
            ReceiveCoilName="SPINE",
            ReceiveCoilManufacturerName="Cauda",
            ReceiveCoilType="MULTICOIL",
            QuadratureReceiveCoil="NO",
            MultiCoilDefinitionSequence=[
                _item(MultiCoilElementName="1", MultiCoilElementUsed="YES")
            ],
        ),
        "MRTransmitCoilSequence": _item(
            TransmitCoilName="BODY",
            TransmitCoilManufacturerName="Cauda",
            TransmitCoilType="BODY",
        ),
        "MRAveragesSequence": _item(NumberOfAverages=1.0),
    }


def _modifier(protocol: Protocol) -> Dataset:
    item = _item(
        InversionRecovery="YES" if protocol.inversion_ms is not None else "NO",
        FlowCompensation="NONE",
        Spoiling="NONE",
        T2Preparation="NO",
        SpectrallySelectedExcitation="NONE",
        SpatialPresaturation="NONE",
        PartialFourier="NO",
        ParallelAcquisition="NO",
    )
    if protocol.inversion_ms is not None:
        item.InversionTimes = [protocol.inversion_ms]
    return item


def _anatomy() -> Dataset:
    region = _item(CodeValue="122496007", CodingSchemeDesignator="SCT", CodeMeaning="Lumbar spine")
    return _item(FrameLaterality="U", AnatomicRegionSequence=[region])


def _frame_groups(volume: Volume, k: int, start: str) -> Dataset:
    content = _item(
        StackID="1",
        InStackPositionNumber=k + 1,
        DimensionIndexValues=[1, k + 1],
        FrameAcquisitionNumber=1,
        FrameReferenceDateTime=start,
        FrameAcquisitionDateTime=start,
        FrameAcquisitionDuration=120.0,
    )
    return _item(
        FrameContentSequence=[content],
        PlanePositionSequence=[_item(ImagePositionPatient=plane_of(volume, k)[0])],
    )

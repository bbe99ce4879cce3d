"""What the node's configuration tells the pipeline."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from cauda.node.analyses import settings_of
from cauda.node.config import Work


@pytest.mark.parametrize("segmentation", ["binary", "labelmap"])
@pytest.mark.parametrize("symptoms_to_pacs", [False, True])
def test_choices_reach_the_pipeline(segmentation, symptoms_to_pacs):
    work = Work(segmentation=segmentation, symptoms_to_pacs=symptoms_to_pacs, device="cpu")
    settings = settings_of(work)
    assert settings.segmentation == segmentation
    assert settings.symptoms_to_pacs is symptoms_to_pacs
    assert settings.device == "cpu"
    assert settings.keep_identifiers


def test_symptoms_stay_out_unless_asked_for():
    settings = settings_of(Work())
    assert (settings.segmentation, settings.symptoms_to_pacs) == ("binary", False)


def test_an_unknown_kind_of_segmentation_is_refused():
    with pytest.raises(ValidationError, match="segmentation"):
        Work(segmentation="outlines")

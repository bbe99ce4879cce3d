"""Synthetic lumbar spines with exact truth: draw, paint, render, measure, write as a study."""

from cauda.phantom.anatomy import Anatomy, Lesion, LesionKind
from cauda.phantom.draw import draw_anatomy
from cauda.phantom.mirror import mirrored
from cauda.phantom.paint import instance_labels, structure_labels
from cauda.phantom.render import render
from cauda.phantom.sample import training_sample
from cauda.phantom.segmentation import truth_segmentation
from cauda.phantom.stacks import StudyPlan
from cauda.phantom.study import write_study
from cauda.phantom.tissue import PROTOCOLS, Protocol
from cauda.phantom.truth import landmarks, levels_of, truth

__all__ = [
    "PROTOCOLS",
    "Anatomy",
    "Lesion",
    "LesionKind",
    "Protocol",
    "StudyPlan",
    "draw_anatomy",
    "instance_labels",
    "landmarks",
    "levels_of",
    "mirrored",
    "render",
    "structure_labels",
    "training_sample",
    "truth",
    "truth_segmentation",
    "write_study",
]

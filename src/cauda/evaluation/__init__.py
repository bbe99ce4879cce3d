"""Scores of segmentations against truth; needs no torch."""

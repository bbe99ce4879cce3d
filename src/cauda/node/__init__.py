"""A DICOM node that works by itself: receive, queue, analyze, deliver, and keep an audit trail.

::

    sender --C-STORE--> receive --> store, queue --quiet time--> worker --> journal --> deliver

Each arrow is a committed transaction: killing any part at any moment loses no study and analyzes
none twice. docs/how-to/node.md says what happens when.
"""

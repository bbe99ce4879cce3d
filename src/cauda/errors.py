"""Every error Cauda raises on purpose.

::

    CaudaError
    |-- InputError              the study cannot be used as it is (exit code 2)
    |   |-- NothingFoundError   no readable image at the path
    |   |-- UnreadableError     a file is damaged or in an unsupported syntax
    |   |-- MixedStudiesError   more than one patient or study in one input
    |   |-- GeometryError       missing, uneven or contradictory geometry
    |   `-- OutOfScopeError     a readable image that is not a lumbar MRI
    |-- UsageError              an argument is wrong (exit code 2)
    |-- SpaceMismatchError      two volumes whose frames of reference differ
    |-- KnowledgeError          a row of the knowledge base is unusable
    |-- BundleError             a model bundle is missing, damaged or of the wrong version
    |-- RefusedObjectError      an object that a node does not take, with its DIMSE status
    `-- TransferError           a DICOM peer could not be reached or would not do as asked

Catch :class:`CaudaError` for all of them. Messages say what was wrong, the value, what is
allowed and what to do; they never hold a patient's name or identifier.
"""

from __future__ import annotations


class CaudaError(Exception):
    """Base of every error raised by Cauda."""


class InputError(CaudaError):
    """The study cannot be used as it is."""


class NothingFoundError(InputError):
    """No readable image lies at the given path."""


class UnreadableError(InputError):
    """A file is damaged or written in a syntax that cannot be decoded."""


class MixedStudiesError(InputError):
    """More than one patient or study lies in one input."""


class GeometryError(InputError):
    """Geometry is missing, uneven or contradicts itself."""


class OutOfScopeError(InputError):
    """The input is readable but is not a lumbar-spine MRI."""


class UsageError(CaudaError):
    """An argument is wrong."""


class SpaceMismatchError(CaudaError):
    """Two volumes were to be combined whose frames of reference differ."""


class KnowledgeError(CaudaError):
    """A row of the knowledge base lacks a source, a unit or a valid value."""


class BundleError(CaudaError):
    """A model bundle is missing, damaged, or does not match its hash."""


class RefusedObjectError(CaudaError):
    """An object that a node does not take.

    Parameters
    ----------
    message : str
        Why, without identifiers.
    status : int
        The DIMSE status that the sender gets (PS3.4 table B.2-1).
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class TransferError(CaudaError):
    """A DICOM peer could not be reached or would not do as asked."""

"""Clinical facts as data: one TOML file a subject, every row with its source and evidence tag.

>>> from cauda.knowledge import row
>>> row("roots.toml", "roots", "L5").evidence
'read-secondary'
"""

from cauda.knowledge.sentences import wording
from cauda.knowledge.table import CITABLE, EVIDENCE, Row, row, rows

__all__ = ["CITABLE", "EVIDENCE", "Row", "row", "rows", "wording"]

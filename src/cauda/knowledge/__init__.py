"""Clinical facts as data: one TOML file a subject, every row with its source and evidence tag.

>>> from cauda.knowledge import rows
>>> l5 = next(row for row in rows("roots.toml", "roots") if row.id == "L5")
>>> l5.evidence in ("read", "read-secondary", "from-memory", "design")
True
"""

from cauda.knowledge.table import CITABLE, EVIDENCE, Row, row, rows

__all__ = ["CITABLE", "EVIDENCE", "Row", "row", "rows"]

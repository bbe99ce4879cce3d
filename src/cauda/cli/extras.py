"""Optional packages: a clear sentence instead of an ImportError."""

from __future__ import annotations

import importlib.util

from cauda.errors import UsageError


def require(*packages: str, extra: str) -> None:
    """Refuse, naming the extra, where a package is not installed.

    Raises
    ------
    UsageError
        If any of ``packages`` is absent.
    """
    absent = [name for name in packages if importlib.util.find_spec(name) is None]
    if absent:
        msg = (
            f"This command needs {', '.join(absent)}, which is not installed. "
            f'Install it with: pip install -c constraints.txt -e ".[{extra}]"'
        )
        raise UsageError(msg)

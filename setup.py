"""Carry the model bundles in the wheel, as ``cauda/models``; all else is in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

MODELS = Path(__file__).parent / "models"


class BuildWithModels(build_py):
    """Copy ``models/*`` beside the package's own modules."""

    def run(self) -> None:
        """Build as usual, then copy the bundles; an editable install reads them in place."""
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib) / "cauda" / "models"
            shutil.copytree(MODELS, target, dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithModels})

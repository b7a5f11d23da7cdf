"""`jettison ci --check`: an image of the engine, or an archive, held to the budgets."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from jettison.ci.budget import build_seconds, hold_to_budget
from jettison.cli.console import Console
from jettison.cli.sources import configuration
from jettison.config import Config
from jettison.errors import CannotRun
from jettison.image import Image, read_archive
from jettison.report import Answer, Render

if TYPE_CHECKING:
    from jettison.project import Project


def check_budget(console: Console, render: Render, project: Project, name: str, metadata: str | None) -> int:
    """Measure an image and say whether it is within the budgets: 0, or 1 when one is exceeded.

    Raises CannotRun when there is no such image, or no budget is written down.
    """
    config = configuration(project.root) or Config()
    if config.size_budget is None and config.build_budget is None:
        raise CannotRun(
            "there is no budget to hold the image to", 'write one into jettison.toml: [budget] size = "60 MB"'
        )
    seconds = None
    if metadata is not None:
        try:
            seconds = build_seconds(Path(metadata).read_bytes())
        except OSError as problem:
            raise CannotRun(f"{metadata}: cannot be read: {problem.strerror}") from None
    if config.build_budget is not None and seconds is None:
        console.note("the time of the build is not known: --metadata FILE tells it")
    budget = hold_to_budget(name, _image(name), config, seconds)
    console.write(render(Answer("ci", (project,), budget=budget), console.style))
    return 1 if budget.over_size or budget.over_time else 0


def _image(name: str) -> Image:
    if os.path.isfile(name):
        return read_archive(Path(name), model_compressed=True)
    from jettison.build import Engine

    engine = Engine.find()
    if not engine.has_image(name):
        raise CannotRun(f"the engine has no image {name}", "build it first, with --load or load: true")
    with tempfile.TemporaryDirectory(prefix="jettison-") as folder:
        archive = Path(folder) / "image.tar"
        engine.save(name, archive)
        return read_archive(archive, model_compressed=not engine.features.containerd_store)

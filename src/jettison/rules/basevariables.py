"""Whether the variables of a stage's base image are known."""

from __future__ import annotations

from jettison.dockerfile import Stage
from jettison.facts.bases import Reference, base_facts
from jettison.project import Project


def sets_path_alone(project: Project, stage: Stage) -> bool:
    """True for bases that set PATH and nothing else: scratch, and the plain systems of base-images.toml.

    Images of languages and servers set more than the table lists, such as PYTHON_VERSION.
    """
    repository = Reference.parse(project.base_of(stage)).repository
    facts = base_facts(repository)
    return repository == "scratch" or (facts is not None and facts.purpose == "system")

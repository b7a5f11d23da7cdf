"""Lossless Dockerfile syntax: `parse(source).render() == source` for all bytes, read as BuildKit does."""

from jettison.dockerfile.directives import Directive
from jettison.dockerfile.document import Comment, Dockerfile, Position, parse
from jettison.dockerfile.expand import Expansion, expand
from jettison.dockerfile.instruction import KEYWORDS, Instruction
from jettison.dockerfile.scan import SyntaxProblem
from jettison.dockerfile.scope import Scope, environment
from jettison.dockerfile.stages import Stage
from jettison.dockerfile.text import MappedText
from jettison.dockerfile.tokens import Kind, Token
from jettison.dockerfile.values import Flag, Heredoc, Mount, Pair, Word

__all__ = [
    "KEYWORDS",
    "Comment",
    "Directive",
    "Dockerfile",
    "Expansion",
    "Flag",
    "Heredoc",
    "Instruction",
    "Kind",
    "MappedText",
    "Mount",
    "Pair",
    "Position",
    "Scope",
    "Stage",
    "SyntaxProblem",
    "Token",
    "Word",
    "environment",
    "expand",
    "parse",
]

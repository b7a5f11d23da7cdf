"""The one error tree. The command line prints an error as `what went wrong` and, below it, `what to do`.

JettisonError
├── CannotRun        exit code 2: wrong path, unreadable file, no engine, the build fails before any change
│   ├── UsageError   exit code 2: options that contradict each other, an unknown rule, a bad configuration
│   ├── MissingTool  exit code 2: an outside program that this call cannot do without
│   └── ImageError   exit code 2: an image archive that is truncated, hostile or not an image
└── ProofFailed      exit code 3: a real build shows that a change alters the image or its behaviour
"""

from __future__ import annotations


class JettisonError(Exception):
    """Something the user has to know, said in one line, with a hint that says what to do next."""

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class CannotRun(JettisonError):
    """The command cannot do its work at all; nothing was changed."""


class UsageError(CannotRun):
    """The call or the configuration contradicts itself or names something that does not exist."""


class MissingTool(CannotRun):
    """An outside program is not installed and there is no weaker answer without it."""


class ImageError(CannotRun):
    """An image cannot be read: truncated, malformed or hostile."""


class ProofFailed(JettisonError):
    """The proof ran and says no: the change alters what it promised to leave alone."""

    exit_code = 3

"""jettison makes Docker images small and Docker builds fast, and proves it by real builds."""

__version__ = "0.1.0"

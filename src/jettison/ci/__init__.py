"""Pipelines that build the image: written or repaired with a cache that fresh machines share, and budgets."""

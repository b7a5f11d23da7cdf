"""Needs two packages that have no wheel for musl."""

import sklearn
import torch

print(sklearn.__version__, torch.__version__)

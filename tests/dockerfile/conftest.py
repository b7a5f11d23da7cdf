"""Makes the helpers beside the tests importable, and keeps hypothesis within the time the suite has."""

import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))

settings.register_profile("dockerfile", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dockerfile")

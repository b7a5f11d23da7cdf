"""What a load balancer asks."""

from flask import Blueprint
from sqlalchemy import text

from shop.database import session

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def health():
    """Fine when the database answers."""
    with session() as db:
        db.execute(text("select 1"))
    return {"status": "ok"}

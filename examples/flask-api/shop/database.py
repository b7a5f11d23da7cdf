"""The database: SQLite in memory unless DATABASE_URL says otherwise."""

import os

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase):
    """What all tables share."""


class Article(Base):
    """Something that is sold; the price is in cents."""

    __tablename__ = "articles"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[int]


FIRST = ({"id": 1, "name": "teapot", "price": 2450}, {"id": 2, "name": "cup", "price": 690})

engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite://"),
    connect_args={"check_same_thread": False},
    poolclass=StaticPool,
)
Base.metadata.create_all(engine)


def session() -> Session:
    """A session of its own for the caller."""
    return Session(engine)


with session() as db:
    if not db.get(Article, 1):
        db.add_all(Article(**row) for row in FIRST)
        db.commit()

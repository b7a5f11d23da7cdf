"""The articles and their pictures."""

from pathlib import Path

import magic
from flask import Blueprint, Response, abort
from marshmallow import Schema, fields
from sqlalchemy import select

from shop.database import Article, session

PICTURES = Path(__file__).parent / "pictures"

pages = Blueprint("articles", __name__)


class ArticleSchema(Schema):
    """An article as JSON."""

    id = fields.Integer()
    name = fields.String()
    price = fields.Integer(metadata={"unit": "cent"})


@pages.get("/")
def index():
    """What there is."""
    return {"service": "shop", "articles": "/api/articles"}


@pages.get("/api/articles")
def listing():
    """All articles, by number."""
    with session() as db:
        return ArticleSchema(many=True).dump(db.scalars(select(Article).order_by(Article.id)))


@pages.get("/api/articles/<int:number>")
def one(number: int):
    """One article."""
    with session() as db:
        article = db.get(Article, number)
        return ArticleSchema().dump(article) if article else abort(404)


@pages.get("/api/articles/<int:number>/picture")
def picture(number: int):
    """Its picture, of whatever type the file is."""
    path = PICTURES / f"{number}.gif"
    if not path.is_file():
        abort(404)
    content = path.read_bytes()
    return Response(content, mimetype=magic.from_buffer(content, mime=True))

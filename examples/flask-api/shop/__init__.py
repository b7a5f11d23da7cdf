"""A small shop: articles from a database, as JSON."""

from flask import Flask

from shop import articles, health


def create_app() -> Flask:
    """The application, ready to be served."""
    app = Flask(__name__)
    app.json.sort_keys = True
    app.register_blueprint(articles.pages)
    app.register_blueprint(health.pages)
    return app

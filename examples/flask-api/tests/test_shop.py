"""The shop answers."""

import pytest
from shop import create_app


@pytest.fixture
def client():
    """A client without a network."""
    return create_app().test_client()


def test_articles(client):
    """The list, one article, and none."""
    assert [article["name"] for article in client.get("/api/articles").json] == ["teapot", "cup"]
    assert client.get("/api/articles/1").json["price"] == 2450
    assert client.get("/api/articles/9").status_code == 404


def test_picture(client):
    """The type comes from the content."""
    assert client.get("/api/articles/1/picture").mimetype == "image/gif"


def test_health(client):
    """The database answers."""
    assert client.get("/healthz").json == {"status": "ok"}

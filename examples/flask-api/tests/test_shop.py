import pytest

from shop import create_app


@pytest.fixture
def client():
    return create_app().test_client()


def test_articles(client):
    assert [article["name"] for article in client.get("/api/articles").json] == ["teapot", "cup"]
    assert client.get("/api/articles/1").json["price"] == 2450
    assert client.get("/api/articles/9").status_code == 404


def test_picture(client):
    assert client.get("/api/articles/1/picture").mimetype == "image/gif"


def test_health(client):
    assert client.get("/healthz").json == {"status": "ok"}

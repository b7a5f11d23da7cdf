"""Says which libpq it was built with."""

import psycopg2


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"psycopg2 {psycopg2.__version__}\n".encode()]

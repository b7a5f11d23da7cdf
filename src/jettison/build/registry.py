"""The one thing that Docker's command line cannot do with a registry: delete a tag."""

from __future__ import annotations

from contextlib import closing

_ACCEPT = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in ("oci.image.manifest.v1", "oci.image.index.v1", "docker.distribution.manifest.v2")
)


def delete_tag(ref: str) -> bool:
    """Delete the manifest of HOST:PORT/NAME:TAG; True when it is gone (the blobs go with the registry's own
    clean-up).

    Without credentials: enough for a registry beside the engine. (OCI distribution specification, Deleting
    Manifests.)
    """
    host, _, rest = ref.partition("/")
    name, _, tag = rest.rpartition(":")
    try:
        status, digest = _request(host, "HEAD", f"/v2/{name}/manifests/{tag}")
        if status == 404:
            return True
        if status != 200 or not digest:
            return False
        status, _ = _request(host, "DELETE", f"/v2/{name}/manifests/{digest}")
        return status in (202, 404)
    except OSError:
        return False


def _request(host: str, method: str, path: str) -> tuple[int, str]:
    from http.client import HTTPConnection, HTTPException, HTTPSConnection

    loopback = host.partition(":")[0] in ("localhost", "127.0.0.1", "[::1]")
    kind = HTTPConnection if loopback else HTTPSConnection
    with closing(kind(host, timeout=10)) as connection:
        try:
            connection.request(method, path, headers={"Accept": _ACCEPT})
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.getheader("Docker-Content-Digest") or ""
        except HTTPException as error:
            raise OSError(str(error)) from None

"""What a registry says of an image: its digest and the bytes of its layers, without pulling them.

OCI Distribution Specification 1.1 ("Pulling manifests"); tokens as in the Docker Registry v2 authentication
specification. No credentials are sent: public images only.
"""

from __future__ import annotations

import json
import re
from contextlib import closing
from typing import Any, NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit

from jettison.errors import ImageError

_LARGEST = 4_000_000
_TIMEOUT = 15.0
_REDIRECTS = 3
_ACCEPT = ", ".join((
    "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
))  # fmt: skip
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class RemoteImage(NamedTuple):
    """Bytes of all layers as they are pulled, and the digest that the tag stands for now."""

    compressed: int
    digest: str


def remote_image(
    host: str, name: str, tag: str, architecture: str = "amd64", timeout: float = _TIMEOUT
) -> RemoteImage | None:
    """What `host/name:tag` is for linux on that architecture; None when the registry has no such image.

    Raises OSError when the registry cannot be reached, ImageError when its answer is none.
    """
    registry = Registry(host, name, timeout)
    found = registry.manifest(tag)
    if found is None:
        return None
    document, digest = found
    if "manifests" in document:
        inner = _chosen(document["manifests"], architecture)
        found = registry.manifest(inner) if inner else None
        if found is None:
            return None
        document = found[0]
    try:
        return RemoteImage(sum(int(layer["size"]) for layer in document["layers"]), digest)
    except (KeyError, TypeError, ValueError):
        raise ImageError(f"{host}/{name}:{tag}: the registry's answer is no image manifest") from None


def is_loopback(host: str) -> bool:
    """True for a registry on this machine, which is asked without TLS as Docker does."""
    return urlsplit(f"//{host}").hostname in ("localhost", "127.0.0.1", "::1")


def _chosen(manifests: Any, architecture: str) -> str:
    for each in manifests if isinstance(manifests, list) else ():
        platform = each.get("platform", {}) if isinstance(each, dict) else {}
        if platform.get("os") == "linux" and platform.get("architecture") == architecture:
            return str(each.get("digest", ""))
    return ""


class Registry:
    """One repository of a registry, and the token it wanted. Whatever cannot be reached is an OSError, an
    answer that is none an ImageError."""

    def __init__(self, host: str, name: str, timeout: float = _TIMEOUT) -> None:
        self.host, self.name, self.timeout = host, name, timeout
        self._token = ""

    def manifest(self, reference: str) -> tuple[dict[str, Any], str] | None:
        """The manifest or index of a tag or digest, and its digest; None when nobody may see one."""
        status, headers, body = self._ask(f"/v2/{self.name}/manifests/{reference}", _LARGEST)
        if status in (401, 403, 404):
            return None
        if status != 200:
            raise OSError(f"{self.host} answers {status}")
        return _document(body, self.host), headers.get("docker-content-digest", "")

    def blob(self, digest: str, largest: int) -> bytes | None:
        """The bytes of a blob, at most `largest` of them; None when nobody may see one."""
        status, headers, body = self._ask(f"/v2/{self.name}/blobs/{digest}", largest)
        for _ in range(_REDIRECTS):
            if status not in (301, 302, 303, 307, 308):
                break
            place = urlsplit(urljoin(f"{self._scheme}://{self.host}", headers.get("location", "")))
            if place.scheme != "https" and not (is_loopback(place.netloc) and is_loopback(self.host)):
                raise OSError(f"{self.host} sends to {place.scheme}://{place.netloc}")
            path = f"{place.path}?{place.query}" if place.query else place.path
            secure = place.scheme == "https"  # and without our token, which is for the registry alone
            status, headers, body = _get(place.netloc, path, {}, secure, self.timeout, largest)
        if status in (401, 403, 404):
            return None
        if status != 200:
            raise OSError(f"{self.host} answers {status}")
        return body

    @property
    def _scheme(self) -> str:
        return "http" if is_loopback(self.host) else "https"

    def _ask(self, path: str, largest: int) -> tuple[int, dict[str, str], bytes]:
        status, headers, body = self._get(path, largest)
        if status == 401 and not self._token:
            self._token = self._fetch_token(headers.get("www-authenticate", ""))
            status, headers, body = self._get(path, largest)
        return status, headers, body

    def _get(self, path: str, largest: int) -> tuple[int, dict[str, str], bytes]:
        headers = {"Accept": _ACCEPT, "User-Agent": "jettison"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return _get(self.host, path, headers, self._scheme == "https", self.timeout, largest)

    def _fetch_token(self, challenge: str) -> str:
        said = dict(_CHALLENGE.findall(challenge))
        realm = urlsplit(said.get("realm", ""))
        plain = realm.scheme == "http" and is_loopback(realm.netloc) and is_loopback(self.host)
        if not challenge.lower().startswith("bearer") or not (realm.scheme == "https" or plain):
            return ""
        scope = said.get("scope", f"repository:{self.name}:pull")
        query = urlencode({"service": said.get("service", ""), "scope": scope})
        status, _, body = _get(realm.netloc, f"{realm.path}?{query}", {}, not plain, self.timeout)
        document = _document(body, realm.netloc) if status == 200 else {}
        token = document.get("token") or document.get("access_token") or ""
        return token if isinstance(token, str) else ""


def _get(
    host: str, path: str, headers: dict[str, str], secure: bool, timeout: float, largest: int = _LARGEST
) -> tuple[int, dict[str, str], bytes]:
    from http.client import HTTPConnection, HTTPException, HTTPSConnection

    kind = HTTPSConnection if secure else HTTPConnection
    try:
        with closing(kind(host, timeout=timeout)) as connection:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            body = answer.read(largest)
            return answer.status, {key.lower(): value for key, value in answer.getheaders()}, body
    except (HTTPException, ValueError) as problem:
        raise OSError(f"{host}: {problem}") from None


def _document(body: bytes, host: str) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise ImageError(f"{host}: the registry's answer is not JSON")
    return document

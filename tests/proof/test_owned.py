"""Which files belong to packages that go."""

from __future__ import annotations

from collections.abc import Mapping

from jettison.image import Entry, Tree
from jettison.proof.owned import Books, apk_files

INFO = "/var/lib/dpkg/info"
DPKG = {
    "gcc.list": b"/.\n/usr\n/usr/bin\n/usr/bin/gcc\n/lib/cc/plugin.so\n/usr/share/gcc/tool.py\n",
    "gcc.postinst": b"update-alternatives --quiet --install /usr/bin/cc cc /usr/bin/gcc 20\n",
    "gcc.md5sums": b"00000000000000000000000000000000  usr/bin/only-in-sums\n",
    "libc6:amd64.list": b"/.\n/usr\n/usr/bin\n/usr/bin/ldd\n",
}
APK = b"P:musl\nF:lib\nR:ld.so\nZ:Q1\n\nP:gcc\nF:usr/bin\nR:gcc\na:0:0:755\nF:\nR:top\n\n"


def entry(kind: str = "file", digest: str = "", link: str = "") -> Entry:
    return Entry(kind, 0o755, 0, 0, 0, digest, link, ())


def debian(*packages: str) -> Tree:
    tree = {INFO: entry("directory"), "/lib": entry("link", link="usr/lib")}
    tree |= {"/usr/bin/c++": entry("link", link="/etc/alternatives/c++")}
    tree |= {"/etc/alternatives/c++": entry("link", link="../../usr/bin/gcc")}
    tree |= {"/usr/bin/round": entry("link", link="round"), "/usr/bin/l": entry("link", link="ldd")}
    return tree | {f"{INFO}/{package}.list": entry() for package in packages}


def test_dpkg_lists_scripts_and_compiled_modules() -> None:
    asked: list[tuple[str, str]] = []

    def read(name: str, folder: str) -> Mapping[str, bytes]:
        asked.append((name, folder))
        return DPKG

    books = Books(debian("gcc", "libc6:amd64"), read)
    gone = books.gone(debian("libc6:amd64"), "after")
    assert asked == []
    owned = ["/usr/bin/gcc", "/usr/bin/cc", "/lib/cc/plugin.so", "/usr/lib/cc/plugin.so"]
    owned += ["/usr/share/gcc/tool.py", "/usr/share/gcc/__pycache__/tool.cpython-311.pyc"]
    owned += ["/usr/bin/c++", "/etc/alternatives/c++"]
    others = [
        "/usr/bin/round",
        "/usr/bin/l",
        "/usr/bin/ldd",
        "/usr/bin/mine",
        "/usr/bin/only-in-sums",
        "/usr/share/gcc/__pycache__/x.cpython-311.pyc",
    ]
    assert [path for path in (*owned, *others) if gone(path)] == owned
    again = books.gone(debian("gcc", "libc6:amd64"), "again")
    assert not any(again(path) for path in owned)
    assert asked == [("before", INFO)]


def test_apk_reads_both_books() -> None:
    book = "/lib/apk/db/installed"
    contents = {"before": APK, "after": APK.partition(b"\n\n")[0]}
    before, after = {book: entry(digest="1")}, {book: entry(digest="2")}
    gone = Books(before, lambda name, _: {"installed": contents[name]}).gone(after, "after")
    assert [path for path in ("/usr/bin/gcc", "/top", "/lib/ld.so", "/usr/bin/ld") if gone(path)] == [
        "/usr/bin/gcc",
        "/top",
    ]


def test_an_image_without_books() -> None:
    def read(name: str, folder: str) -> Mapping[str, bytes]:
        raise AssertionError(folder)

    assert not Books({}, read).gone({}, "after")("/usr/bin/gcc")


def test_apk_files() -> None:
    assert apk_files(APK) == {
        "musl": ["/lib", "/lib/ld.so"],
        "gcc": ["/usr/bin", "/usr/bin/gcc", "/", "/top"],
    }

"""What an instruction is made of: flags, words, pairs, exec forms, mounts, heredocs, shell text."""

from __future__ import annotations

import pytest

from jettison.dockerfile import Instruction, parse


def only(source: bytes) -> Instruction:
    (instruction,) = parse(source).instructions
    return instruction


@pytest.mark.parametrize(
    ("source", "flags", "args"),
    [
        (b"RUN --network=none x", [("network", "none")], "x"),
        (b"COPY --link --from=b a c", [("link", None), ("from", "b")], "a c"),
        (b"RUN --new-thing=1 x", [("new-thing", "1")], "x"),
        (b'RUN --a="b c" x', [("a", "b c")], "x"),
        (b"RUN --a='b c'd x", [("a", "b cd")], "x"),
        (b"RUN --a=b\\ c x", [("a", "b c")], "x"),
        (b"RUN --a= x", [("a", "")], "x"),
        (b"RUN --a=b=c x", [("a", "b=c")], "x"),
        (b"RUN -- --a x", [], "--a x"),
        (b"RUN --a -- --b", [("a", None)], "--b"),
        (b"RUN --a", [("a", None)], ""),
        (b"RUN x --a", [], "x --a"),
        (b"RUN - --a", [], "- --a"),
        (b"RUN --a \\\n # c\n --b x", [("a", None), ("b", None)], "x"),
        ("RUN --a=é x".encode(), [("a", "é")], "x"),
        (b"CMD --a x", [("a", None)], "x"),
    ],
)
def test_flags(source: bytes, flags: list[tuple[str, str | None]], args: str) -> None:
    instruction = only(source)
    assert [(flag.name, flag.value) for flag in instruction.flags] == flags
    assert instruction.args == args


def test_flag_spans() -> None:
    source = b'COPY --link --from="b c" x y'
    link, origin = only(source).flags
    assert source[slice(*link.span)] == b"--link"
    assert link.value_span.start == link.value_span.end == link.span.end
    assert source[slice(*origin.span)] == b'--from="b c"'
    assert source[slice(*origin.value_span)] == b'"b c"'
    assert only(source).flag("from") == origin
    assert only(source).flag("chown") is None


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (b"FROM a AS b", ["a", "AS", "b"]),
        (b'COPY "a b" c', ['"a', 'b"', "c"]),
        (b'COPY ["a b", "c"]', ["a b", "c"]),
        (b"RUN a  b", ["a  b"]),
        (b'RUN ["a", "b"]', ["a", "b"]),
        (b"RUN ['a']", ["['a']"]),
        (b"CMD []", []),
        (b'CMD ["\\u00e9\\n"]', ["é\n"]),
        (b'CMD [ "a" , "b" ] ', ["a", "b"]),
        (b'CMD ["a"] x', ['["a"] x']),
        (b'CMD ["a",]', ['["a",]']),
        (b"ENV a=b c='d e' f=g\\ h", ["a=b", "c='d e'", "f=g\\ h"]),
        (b"ARG a b=c", ["a", "b=c"]),
        (b"USER a b", ["a b"]),
        (b"EXPOSE 80 443/udp", ["80", "443/udp"]),
        (b"HEALTHCHECK --interval=1s CMD a b", ["CMD", "a b"]),
        (b'HEALTHCHECK CMD ["a", "b"]', ["CMD", "a", "b"]),
        (b"HEALTHCHECK NONE", ["NONE"]),
        (b"HEALTHCHECK", []),
        (b"WORKDIR", []),
        (b"VOLUME /a /b", ["/a", "/b"]),
        (b"ONBUILD RUN a", ["RUN a"]),
    ],
)
def test_words(source: bytes, words: list[str]) -> None:
    assert [word.text for word in only(source).words] == words


def test_word_spans_hold_the_quotes() -> None:
    source = b'COPY ["a b", "c"]'
    assert [source[slice(*word.span)] for word in only(source).words] == [b'"a b"', b'"c"']
    source = b"COPY a \\\n # c\n b\\\nc d"
    assert [source[slice(*word.span)] for word in only(source).words] == [b"a", b"b\\\nc", b"d"]


@pytest.mark.parametrize(
    ("source", "pairs"),
    [
        (b"ENV a b", [("a", "b")]),
        (b"ENV a b = c  d", [("a", "b = c  d")]),
        (b"ENV a=b", [("a", "b")]),
        (b"ENV a=b c=d=e", [("a", "b"), ("c", "d=e")]),
        (b"ENV a=\"b c\" \\\n  d='e'", [("a", '"b c"'), ("d", "'e'")]),
        (b"ENV a=", [("a", "")]),
        (b"ENV a", [("a", None)]),
        (b'LABEL "x y"=z', [('"x y"', "z")]),
        (b"ARG a", [("a", None)]),
        (b"ARG a=b c d=$e", [("a", "b"), ("c", None), ("d", "$e")]),
        (b"ENV a=b\\\n c=d", [("a", "b"), ("c", "d")]),
        (b"RUN a=b", []),
    ],
)
def test_pairs(source: bytes, pairs: list[tuple[str, str | None]]) -> None:
    found = only(source).pairs()
    assert [(pair.key.text, pair.value.text if pair.value else None) for pair in found] == pairs
    for pair in found:
        assert source[slice(*pair.key.span)].decode() == pair.key.text


def test_mounts() -> None:
    source = (
        b"RUN --mount=type=cache,dst=/c,ro --mount=Type=SECRET,id=x --mount=target=. "
        b"--mount='type=tmpfs,\"target=/a,b\"' --x a"
    )
    cache, secret, bind, quoted = only(source).mounts
    assert (cache.type, cache.options) == ("cache", {"type": "cache", "target": "/c", "readonly": "true"})
    assert (secret.type, secret.options["id"]) == ("secret", "x")
    assert (bind.type, bind.options) == ("bind", {"target": "."})
    assert quoted.options == {"type": "tmpfs", "target": "/a,b"}
    assert cache.flag.name == "mount"
    assert only(b"COPY --mount=type=cache a b").mounts == ()


def test_copy_sources_and_destination() -> None:
    for source in (b"COPY --from=x a b c", b'ADD ["a", "b", "c"]'):
        instruction = only(source)
        assert [word.text for word in instruction.sources] == ["a", "b"]
        assert instruction.dest is not None
        assert instruction.dest.text == "c"
    assert only(b"RUN a b").dest is None
    assert only(b"COPY").dest is None


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"RUN <<EOF\na\nEOF", [("EOF", 0, False, True, b"a\n", b"EOF")]),
        (b"RUN 3<<-E\n\ta\n\tE\n", [("E", 3, True, True, b"\ta\n", b"\tE")]),
        (b"RUN <<'E F'\na\nE F\n", [("E F", 0, False, False, b"a\n", b"E F")]),
        (b'RUN <<"E"\nE', [("E", 0, False, False, b"", b"E")]),
        (b"RUN <<E'F'\nEF\n", [("EF", 0, False, False, b"", b"EF")]),
        (
            b"RUN cat <<A - <<B\n1\nB\nA\n2\nB",
            [("A", 0, False, True, b"1\nB\n", b"A"), ("B", 0, False, True, b"2\n", b"B")],
        ),
        (b"RUN <<E\r\na\r\nE\r\n", [("E", 0, False, True, b"a\r\n", b"E")]),
        (b"RUN <<E | sh && x\na\nE\n", [("E", 0, False, True, b"a\n", b"E")]),
        (b"RUN <<E\na", [("E", 0, False, True, b"a", b"")]),
        (b"RUN a << E\nb\nE\n", [("E", 0, False, True, b"b\n", b"E")]),
        (b"RUN a << E\nb\n", []),
        (b"RUN a <<", []),
        (b"RUN 'a <<E\nE\n", []),
        (b"RUN <<$E\n$E\n", [("$E", 0, False, True, b"", b"$E")]),
    ],
)
def test_heredocs(source: bytes, expected: list[tuple[str, int, bool, bool, bytes, bytes]]) -> None:
    found = parse(source).instructions[0].heredocs
    assert [
        (h.name, h.fd, h.chomp, h.expand, source[slice(*h.body_span)], source[slice(*h.end_span)])
        for h in found
    ] == expected
    assert all(b"<<" in source[slice(*h.start_span)] for h in found)


def test_a_heredoc_opening_knows_its_place() -> None:
    source = b"COPY --chown=a \\\n  <<'A B' <<-C /d\nA B\nC\n"
    found = only(source).heredocs
    assert [source[slice(*h.start_span)] for h in found] == [b"<<'A B'", b"<<-C"]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (b"RUN a && b", "a && b"),
        (b"RUN --mount=type=cache,target=/x a", "a"),
        (b"RUN a && \\\n  # c\n\n  b", "a &&   b"),
        (b"RUN a \\\r\n b\r\n", "a  b"),
        (b"# escape=`\nRUN a `\n b", "a  b"),
        (b'RUN ["a"]', ""),
        (b"CMD a b", "a b"),
        (b"ENTRYPOINT exec a", "exec a"),
        (b"HEALTHCHECK --interval=1s CMD curl x", "curl x"),
        (b"COPY a b", ""),
        (b"RUN <<E\na\nb\nE\n", "a\nb\n"),
        (b"RUN --x <<-E\n\t\ta\n\tb\nc\n\tE\n", "a\nb\nc\n"),
        (b"RUN cat <<E > f\na\nE\n", "cat <<E > f\na\nE"),
        (b"RUN a <<-A b <<B\n\t1\n\tA\n2\nB\n", "a <<-A b <<B\n\t1\nA\n2\nB"),
        ("RUN é \\\n ü".encode(), "é  ü"),
        (b"RUN \xff x", "\udcff x"),
        (b"RUN <<E\nE\n", ""),
    ],
)
def test_shell_text(source: bytes, text: str) -> None:
    instruction = parse(source).instructions[0]
    assert instruction.shell_text().text == text


def test_shell_text_maps_back_to_the_bytes() -> None:
    source = "RUN é && \\\n  # c\n  b c\n".encode()
    text = only(source).shell_text()
    start = text.text.index("b c")
    assert source[slice(*text.span(start, start + 3))] == b"b c"
    assert source[slice(*text.span(0, 1))] == "é".encode()
    assert text.source_offset(len(text)) == source.rindex(b"\n")
    end_of_first = text.text.index("&&") + 2
    assert source[slice(*text.span(0, end_of_first))] == "é &&".encode()


def test_onbuild_body_is_an_instruction() -> None:
    source = b"ONBUILD --x RUN --mount=type=cache,target=/c a \\\n  <<E\nb\nE\n"
    outer = only(source)
    body = outer.onbuild
    assert body is not None
    assert (body.keyword, body.start_line, body.end_line) == ("RUN", 1, 4)
    assert source[slice(*body.span)] == source[source.index(b"RUN") : -1]
    assert [mount.type for mount in body.mounts] == ["cache"]
    assert body.heredocs == outer.heredocs
    assert body.shell_text().text == "a   <<E\nb\nE"
    assert only(b"ONBUILD").onbuild is None
    assert only(b"RUN a").onbuild is None

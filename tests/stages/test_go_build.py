"""Where a `go build` puts its result."""

import pytest

from jettison.dockerfile import parse
from jettison.shell import parse_run
from jettison.stages.go_build import parse_go


def build(text: str):
    run = parse(b"FROM x\nRUN " + text.encode()).instructions[1]
    return parse_go(parse_run(run).commands[0])


@pytest.mark.parametrize(
    ("command", "output"),
    [
        ("go build", "/app/hello"),
        ("go build .", "/app/hello"),
        ("go build ./", "/app/hello"),
        ("go build -o server .", "/app/server"),
        ("go build -o=bin/server .", "/app/bin/server"),
        ("go build -o /usr/bin/x ./cmd/y", "/usr/bin/x"),
        ("go build -o bin/ ./cmd/y", "/app/bin/y"),
        ("go build ./cmd/y", "/app/y"),
        ("go build main.go util.go", "/app/main"),
        ("go build -v -tags netgo -ldflags '-X a=b' -o s .", "/app/s"),
        ("CGO_ENABLED=0 GOOS=linux go build -a -installsuffix cgo -o s .", "/app/s"),
        ("go install .", "/go/bin/hello"),
        ("go install ./cmd/y", "/go/bin/y"),
        ("go install example.com/tool@latest", "/go/bin/tool"),
        ("go build ./...", None),
        ("go build ./cmd/a ./cmd/b", None),
        ("go build -o $OUT .", None),
        ("go build ..", None),
    ],
)
def test_output(command, output):
    found = build(command)
    assert (found.output("/app", "hello", "/go/bin") or None) == output


@pytest.mark.parametrize("command", ["go test ./...", "go", "go vet", "echo go build", "make build"])
def test_other_commands(command):
    assert build(command) is None

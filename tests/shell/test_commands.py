from __future__ import annotations

import pytest

from jettison.shell import parse_text

COMMANDS = [
    # text, name, wrappers, prefix, assignments
    ("apt-get update", "apt-get", (), "", ()),
    ("/usr/bin/apt-get update", "apt-get", (), "", ()),
    ("/opt/venv/bin/pip install x", "pip", (), "", ()),
    ("./install x", "./install", (), "", ()),
    ("/app/install x", "/app/install", (), "", ()),
    ("X=1 Y='a b' make", "make", (), "", ("X=1", "Y='a b'")),
    ("sudo apt-get update", "apt-get", ("sudo",), "sudo", ()),
    ("sudo -u www -- apt-get update", "apt-get", ("sudo",), "sudo -u www --", ()),
    ("sudo -E X=1 apt-get update", "apt-get", ("sudo",), "sudo -E X=1", ("X=1",)),
    ("sudo --user=x a", "a", ("sudo",), "sudo --user=x", ()),
    ("sudo -i", "sudo", (), "", ()),
    ("sudo -s a", "sudo", (), "", ()),
    ("sudo", "sudo", (), "", ()),
    ("env", "env", (), "", ()),
    ("env A=1 B=2 c d=e", "c", ("env",), "env A=1 B=2", ("A=1", "B=2")),
    ("env -u HOME -i - A=1 c", "c", ("env",), "env -u HOME -i - A=1", ("A=1",)),
    ("env -S 'a b'", "env", (), "", ()),
    ("exec java -jar x", "java", ("exec",), "exec", ()),
    ("exec >log", "exec", (), "", ()),
    ("command -v curl", "command", (), "", ()),
    ("command curl x", "curl", ("command",), "command", ()),
    ("time -p make", "make", ("time",), "time -p", ()),
    ("nice -n 5 nohup make", "make", ("nice", "nohup"), "nice -n 5 nohup", ()),
    ("timeout -k 5 30 curl x", "curl", ("timeout",), "timeout -k 5 30", ()),
    ("gosu www php x", "php", ("gosu",), "gosu www", ()),
    ("xargs -0 rm", "xargs", (), "", ()),
    ("$APT install x", "", (), "", ()),
    ('"$(which pip)" install x', "", (), "", ()),
    ("sudo $X y", "", ("sudo",), "sudo", ()),
    ("A=1", "", (), "", ("A=1",)),
    ("'apt'-get update", "apt-get", (), "", ()),
    ("[ -f x ]", "[", (), "", ()),
    ("[[ -f x && -d y ]]", "[[", (), "", ()),
    ("export A=1", "export", (), "", ()),
    ("unset A", "unset", (), "", ()),
]


@pytest.mark.parametrize(("text", "name", "wrappers", "prefix", "assignments"), COMMANDS)
def test_what_a_command_is(
    text: str, name: str, wrappers: tuple[str, ...], prefix: str, assignments: tuple[str, ...]
) -> None:
    command = parse_text(text).commands[0]
    assert command.name == name
    assert command.wrappers == wrappers
    assert " ".join(word.raw for word in command.prefix) == prefix
    assert tuple(word.raw for word in command.assignments) == assignments
    assert text[command.start : command.end] == text[slice(*command.span)] == text


OPTIONS = [
    # text, options, operands
    ("rm -rf a b", [("-r", None), ("-f", None)], ["a", "b"]),
    ("rm -- -f", [], ["-f"]),
    ("tar -xzf x.tgz -C /d --strip-components=1", [("-x", None), ("-z", None), ("-f", "x.tgz"), ("-C", "/d"),
                                                   ("--strip-components", "1")], []),
    ("curl -fsSLo /x https://u", [("-f", None), ("-s", None), ("-S", None), ("-L", None), ("-o", "/x")], ["https://u"]),
    ("apt-get install -qqy -o=A=b -t stable x", [("-q", None), ("-q", None), ("-y", None), ("-o", "A=b"),
                                                 ("-t", "stable")], ["install", "x"]),
    ("apt-get -o A=b install x", [("-o", "A=b")], ["install", "x"]),
    ("pip install -r req.txt --index-url u x", [("-r", "req.txt"), ("--index-url", "u")], ["install", "x"]),
    ("pip install --no-cache-dir=x y", [("--no-cache-dir", "x")], ["install", "y"]),
    ("go build -ldflags '-s -w' -o /b ./cmd", [("-ldflags", "-s -w"), ("-o", "/b")], ["build", "./cmd"]),
    ("go build -ldflags='-s -w' -tags=x .", [("-ldflags", "-s -w"), ("-tags", "x")], ["build", "."]),
    ("find / -name x", [("-name", None)], ["/", "x"]),
    ("unknown -abc --d=e --f g", [("-abc", None), ("--d", "e"), ("--f", None)], ["g"]),
    ("useradd -rm -u 1000 x", [("-r", None), ("-m", None), ("-u", "1000")], ["x"]),
    ("pip install -r $FILE x", [("-r", None)], ["install", "x"]),
    ("pip install --root=$X y", [("--root", None)], ["install", "y"]),
    ("set -e +x -o pipefail", [("-e", None), ("+x", None), ("-o", "pipefail")], []),
    ("sed -e s/a/b/ -i f -", [("-e", "s/a/b/"), ("-i", None)], ["f", "-"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "options", "operands"), OPTIONS)
def test_options_their_values_and_operands(
    text: str, options: list[tuple[str, str | None]], operands: list[str]
) -> None:
    command = parse_text(text).commands[0]
    assert [(option.name, option.value) for option in command.options] == options
    assert [word.text for word in command.operands] == operands
    assert all(command.has_option(name) for name, _ in options)
    assert not command.has_option("--absent")

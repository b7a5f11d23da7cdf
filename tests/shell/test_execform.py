import pytest

from jettison.dockerfile import parse
from jettison.shell.execform import to_exec


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("./server", ["./server"]),
        ("exec top -b", ["top", "-b"]),
        ("node 'my file.js' --x=1", ["node", "my file.js", "--x=1"]),
        (r"a\ b c", ["a b", "c"]),
        ("sh -c 'echo hi; ls'", ["sh", "-c", "echo hi; ls"]),
        ("npm \\\n  start", ["npm", "start"]),
        ("grep '*' x", ["grep", "*", "x"]),
        ("echo $X", None),
        ('echo "$X"', None),
        ("echo `date`", None),
        ("a && b", None),
        ("a; b", None),
        ("a | b", None),
        ("! a", None),
        ("a &", None),
        ("(a)", None),
        ("VAR=1 run", None),
        ("ls *.py", None),
        ('ls "a"*', None),
        ("echo {a,b}", None),
        ("~/x", None),
        ("a > b", None),
        ("cd /x", None),
        ("source x", None),
        ("exec -a x y", None),
        ("sudo -u x y", None),
        ('echo "unfinished', None),
        ("''", None),
    ],
)
def test_only_what_needs_no_shell_is_taken_apart(command, words):
    instruction = parse(b"FROM x\nCMD " + command.encode()).instructions[1]
    assert to_exec(instruction) == words

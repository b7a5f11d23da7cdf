"""The words after `docker buildx build`."""

from __future__ import annotations

import pytest

from jettison.observed import read_call
from jettison.observed.call import concealed, fields_of, is_hidden


def test_a_plain_call():
    call = read_call(["."], {})
    assert (call.context, call.dockerfile, call.builds) == (".", "", True)


def test_options_in_every_form_that_buildx_reads():
    words = (
        "-t x -qf a/Dockerfile --target=app --platform linux/amd64,linux/arm64 --build-arg V=1=2 -ofile ctx"
    )
    call = read_call([*words.split(), "--build-arg", "W=a b", "--no-cache", "--builder", "b"], {})
    assert call.context == "ctx"
    assert call.dockerfile == "a/Dockerfile"
    assert call.target == "app"
    assert call.platforms == ("linux/amd64", "linux/arm64")
    assert call.args == {"V": "1=2", "W": "a b"}
    assert call.options == {"no-cache": ("true",), "builder": ("b",)}
    assert call.builder == "b"


@pytest.mark.parametrize("words", [["-f=D", "."], ["-fD", "."], ["-f", "D", "."], ["--file", "D", "."]])
def test_a_short_option_takes_its_value_from_the_word_or_the_next(words):
    assert (read_call(words, {}).dockerfile, read_call(words, {}).context) == ("D", ".")


def test_after_two_dashes_no_word_is_an_option():
    call = read_call(["-t", "x", "--", "--odd"], {})
    assert call.context == "--odd"


def test_an_argument_without_a_value_has_that_of_the_environment():
    call = read_call(["--build-arg", "A", "--build-arg", "B", "."], {"A": "1"})
    assert call.args == {"A": "1"}


def test_a_flag_that_is_off_is_not_kept():
    assert read_call(["--no-cache=false", "--pull=true", "."], {}).options == {"pull": ("true",)}


def test_the_builder_and_the_platform_may_come_from_the_environment():
    call = read_call(["."], {"BUILDX_BUILDER": "mine", "DOCKER_DEFAULT_PLATFORM": "linux/arm64"})
    assert (call.builder, call.platforms) == ("mine", ("linux/arm64",))


def test_an_option_of_a_later_buildx_does_not_hide_the_context():
    assert read_call(["--brand-new", "value", "ctx"], {}).context == "ctx"
    assert read_call(["--brand-new", "ctx"], {}).context == "ctx"
    assert read_call(["--brand-new=value", "ctx"], {}).context == "ctx"


@pytest.mark.parametrize(
    "words", [["--check", "."], ["--call=outline", "."], ["--help"], ["-h"], [], ["a", "b"]]
)
def test_what_builds_nothing_is_told_apart(words):
    assert not read_call(words, {}).builds


def test_secrets_are_ids_and_credentials_of_a_cache_are_starred():
    words = [
        "--secret",
        "id=npm,src=/root/.npmrc",
        "--cache-to",
        "type=s3,region=eu,secret_access_key=abc",
        ".",
    ]
    call = read_call(words, {})
    assert call.secrets == ("npm",)
    assert call.options == {"cache-to": ("type=s3,region=eu,secret_access_key=***",)}


@pytest.mark.parametrize("name", ["TOKEN", "NPM_TOKEN", "npm_token", "dbPassword", "API-KEY", "GITHUB_AUTH"])
def test_names_that_say_secret(name):
    assert is_hidden(name)


@pytest.mark.parametrize("name", ["VERSION", "KEYBOARD", "AUTHOR", "TOKENIZER"])
def test_names_that_do_not(name):
    assert not is_hidden(name)


def test_hidden_values_differ_by_value_and_by_salt_only():
    shown, one = concealed({"V": "1", "TOKEN": "a"}, b"salt")
    assert shown == {"V": "1"}
    assert one == concealed({"TOKEN": "a"}, b"salt")[1]
    assert one != concealed({"TOKEN": "b"}, b"salt")[1]
    assert one != concealed({"TOKEN": "a"}, b"other")[1]
    assert len(one["TOKEN"]) == 64


def test_fields_are_read_as_go_reads_csv():
    assert fields_of('type=local,"src=a,b",Mode=max') == {"type": "local", "src": "a,b", "mode": "max"}
    assert fields_of("") == {}

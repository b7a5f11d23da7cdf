"""GitLab pipelines that are there: what is added, what stays, what is refused."""

from __future__ import annotations

import pytest
from tests.ci.conftest import SECRET, SINGLE, STAGES, schema_errors

from jettison.ci.gitlab_repair import Repair
from jettison.ci.yamlfile import YamlFile

JOB = """\
stages: [build]   # one
.docker: &docker
  image: docker:27
  services: [docker:dind]
build:
  extends: .docker
  variables:
    A: "1"
  script:
    - echo hello   # greets
    # the image
    - docker build -t "$CI_REGISTRY_IMAGE:$CI_COMMIT_SHA" .
    - docker push "$CI_REGISTRY_IMAGE:$CI_COMMIT_SHA"
"""
FLAGS = (
    '--cache-from "type=registry,ref=$CI_REGISTRY_IMAGE:cache-image" --cache-to '
    '"type=registry,ref=$CI_REGISTRY_IMAGE:cache-image,mode=max,image-manifest=true,ignore-error=true"'
)


class Repaired:
    def __init__(self, site, text):
        made = self._run(site, text)
        self.text = made.file.render().decode()
        self.titles = [change.title for change in made.changes]
        self.refused = [each.why for each in made.refused]
        self.advice = made.advice
        assert self._run(site, self.text).changes == [], "a second repair changes it again"

    def _run(self, site, text):
        made = Repair(site, ".gitlab-ci.yml", YamlFile(text.encode()))
        made.run()
        return made


@pytest.fixture
def repaired(site, tmp_path):
    def make(text, dockerfile=STAGES, files=None):
        made = Repaired(site({"Dockerfile": dockerfile} | (files or {})), text)
        assert schema_errors("gitlab-ci", {"it": made.text}, tmp_path) == ""
        return made

    return make


def test_a_build_gets_a_cache_a_builder_a_login_and_modes(repaired):
    made = repaired(JOB)
    before = """\
    - echo hello   # greets
    - chmod -R go-w .
    - echo "$CI_REGISTRY_PASSWORD" | docker login -u "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY"
    - docker context create jettison
    - docker buildx create --use jettison
    # the image
"""
    wanted = JOB.replace("    - echo hello   # greets\n    # the image\n", before)
    assert made.text == wanted.replace("docker build -t", f"docker buildx build --load {FLAGS} -t")


def test_a_login_that_is_there_is_enough(repaired):
    text = JOB.replace(
        "  image: docker:27\n",
        "  image: docker:27\n  before_script:\n    - docker login -u a -p b $CI_REGISTRY\n",
    )
    assert "password-stdin" not in repaired(text).text


def test_an_engine_of_the_runners_own(repaired):
    made = repaired(JOB.replace("  services: [docker:dind]\n", ""))
    assert "    - docker buildx use jettison || docker buildx create --use --name jettison\n" in made.text


def test_a_block(repaired):
    text = """\
build:
  image: docker:cli
  script:
    - |
      set -e
      docker buildx build --push \\
        --cache-to type=registry,ref=$CI_REGISTRY_IMAGE:c \\
        --tag $CI_REGISTRY_IMAGE:1 .
"""
    made = repaired(text)
    assert (
        'docker buildx build --cache-from "type=registry,ref=$CI_REGISTRY_IMAGE:c" --push \\\n' in made.text
    )
    assert "ref=$CI_REGISTRY_IMAGE:c,mode=max,ignore-error=true \\\n" in made.text


def test_a_secret_is_a_variable(repaired):
    assert "--secret id=pip-conf,env=PIP_CONF" in repaired(JOB, SECRET).text
    there = JOB.replace("docker build ", "docker build --secret id=pip-conf,src=p ")
    assert "env=PIP_CONF" not in repaired(there, SECRET).text


def test_history(repaired):
    asks = "FROM golang:1.24\nCOPY . .\nRUN git describe --tags > version\n"
    assert '    A: "1"\n    GIT_DEPTH: "0"\n' in repaired(JOB, asks).text
    assert "GIT_DEPTH" not in repaired(JOB).text


def test_a_matrix_has_a_cache_each(repaired):
    rows = "  parallel:\n    matrix:\n      - APP: [api, worker]\n"
    text = JOB.replace("  variables:\n", rows + "  variables:\n")
    assert repaired(text).text.count("cache-image-$APP") == 2
    assert "cannot stand in a tag" in repaired(text.replace("api", "linux/arm64")).refused[0]


def test_two_dockerfiles_two_caches(repaired):
    second = JOB.rpartition("build:")[2].replace("-t", "-f worker/Dockerfile -t")
    made = repaired(JOB + "worker:" + second, files={"worker/Dockerfile": SINGLE})
    assert made.text.count(":cache-image") == 2
    assert made.text.count(":cache-worker") == 2


def test_kaniko_is_told(repaired):
    made = repaired("b:\n  script:\n    - /kaniko/executor --context .\n")
    assert "archived" in made.advice[0]


REFUSED = {
    "has no buildx": JOB.replace("docker:27", "docker:19.03"),
    "in another file": JOB.replace("extends: .docker", "extends: .other"),
    "is one text": "b:\n  script: docker build .\n",
    "not understood": JOB.replace("docker build -t", "if docker build -t"),
    "which only the run knows": JOB.replace('SHA" .\n    - docker push', 'SHA" $DIR/x\n    - docker push'),
    "options ($)": JOB.replace("docker build -t", "docker build $ARGS -t"),
    "in the image, and is left": JOB.replace(
        "docker build -t", "docker build --build-arg BUILDKIT_INLINE_CACHE=1 -t"
    ),
    "shared through an anchor": JOB + "again:\n  script: &s\n    - docker build .\nlast:\n  script: *s\n",
    "changes the folder": JOB.replace("echo hello", "cd web"),
    "built before": JOB + "    - docker build -t golang:1.24 .\n",
    "folded": "b:\n  script:\n    - >\n      docker build\n      .\n",
    "with escapes": 'b:\n  script:\n    - "docker build \\\n      ."\n',
    "quotes inside quotes": 'b:\n  script:\n    - "docker build ."\n',
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_not_understood_is_left_with_the_reason(site, why):
    made = Repaired(site({"Dockerfile": STAGES}), REFUSED[why])
    if why != "shared through an anchor":
        assert made.text == REFUSED[why]
    assert any(why in each for each in made.refused), made.refused


def test_tags_of_gitlab_stay(repaired):
    text = "x:\n  script:\n    - echo a\n" + JOB.replace(
        "    - echo hello", "    - !reference [x, script]\n    - echo hello"
    )
    assert "!reference [x, script]" in repaired(text).text

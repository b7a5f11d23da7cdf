"""Splits of PHP, Ruby and Elixir stages: what is refused with which reason, and two rules on one file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from jettison.check import check
from jettison.findings import Finding, Safety
from jettison.project import Project
from jettison.rewrite import rewrite
from jettison.rules import find_rule

PHP = (
    "FROM php:8.3-cli-bookworm\n"
    "RUN apt-get update && apt-get install -y git unzip\n"
    "COPY --from=composer:2 /usr/bin/composer /usr/bin/composer\n"
    "WORKDIR /app\n"
    "COPY . .\n"
    "RUN composer install\n"
    'CMD ["php", "app.php"]\n'
)
RUBY = (
    "FROM ruby:3.3-slim\n"
    "RUN apt-get update && apt-get install -y build-essential\n"
    "WORKDIR /app\n"
    "COPY . .\n"
    "RUN bundle install\n"
    'CMD ["bundle", "exec", "puma"]\n'
)
ELIXIR = (
    "FROM elixir:1.17\n"
    "ENV MIX_ENV=prod\n"
    "WORKDIR /app\n"
    "COPY . .\n"
    "RUN mix release\n"
    'CMD ["/app/_build/prod/rel/shop/bin/shop", "start"]\n'
)
MIX = {"mix.exs": "[app: :shop]\n"}


def project_of(folder: Path, dockerfile: str, files: Mapping[str, str]) -> Project:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / "Dockerfile").write_text(dockerfile)
    return Project(dockerfile.encode(), root=folder, file=folder / "Dockerfile")


def found(project: Project) -> Finding | None:
    return next(iter(check(project, [find_rule("single-stage-build")])), None)


def after(project: Project, *rules: str) -> str:
    chosen = [find_rule(name) for name in rules]
    return rewrite(project, chosen, levels=(Safety.SAFE, Safety.PROVEN)).after.dockerfile.source.decode()


def refusal(folder: Path, dockerfile: str, change: tuple[str, str], files: Mapping[str, str]) -> str:
    changed = dockerfile.replace(*change)
    assert change == ("", "") or changed != dockerfile
    finding = found(project_of(folder, changed, files))
    assert finding is not None
    assert finding.fix is None
    return finding.refused or ""


@pytest.mark.parametrize(("source", "files"), [(PHP, {}), (RUBY, {}), (ELIXIR, MIX)])
def test_what_the_refusals_below_start_from_is_split(
    source: str, files: Mapping[str, str], tmp_path: Path
) -> None:
    finding = found(project_of(tmp_path, source, files))
    assert finding is not None
    assert finding.fix is not None


@pytest.mark.parametrize(
    ("change", "files", "reason"),
    [
        (("RUN composer install", "RUN cd /app && composer install"), {}, "another folder than its WORKDIR"),
        (("RUN composer install", "RUN composer install -d web"), {}, "another folder than its WORKDIR"),
        (("WORKDIR /app\n", "WORKDIR /usr/local\n"), {}, "cannot be copied as a whole"),
        (("RUN composer", "RUN --mount=type=bind,target=/app composer"), {}, "a bind mount"),
        (("composer install", "composer require slim/slim"), {}, "which no lock file names|brings what no"),
        (("RUN composer", "USER www-data\nRUN composer"), {}, "USER changes"),
        (
            ("RUN composer", "WORKDIR /x\nRUN php a.php && mkdir y\nWORKDIR /app\nRUN composer"),
            {},
            "results the",
        ),
        (("RUN composer", "RUN a-tool /opt && composer"), {}, "results the program may need"),
        (("", ""), {"composer.json": '{"config": {"vendor-dir": "/vendor"}}'}, "outside of its folder"),
        (
            ("", ""),
            {"composer.lock": '{"packages": [{"name": "czproject/git-php"}]}'},
            "czproject/git-php starts programs",
        ),
        (("", ""), {"app.php": "<?php $p = new Process(['git', 'log']);"}, "starts other programs"),
        (("", ""), {"app.php": "<?php $out = `git log`;"}, "starts other programs"),
        (('["php", "app.php"]', '["sh", "run.sh"]'), {"run.sh": "unzip a.zip\n"}, "run.sh calls unzip"),
    ],
)
def test_php_is_refused(
    change: tuple[str, str], files: Mapping[str, str], reason: str, tmp_path: Path
) -> None:
    said = refusal(tmp_path, PHP, change, files)
    assert any(each in said for each in reason.split("|")), said


def test_methods_of_php_and_quoted_names_are_no_programs(tmp_path: Path) -> None:
    files = {
        "app.php": '<?php $pdo->exec("DELETE FROM `a` WHERE `b` = `c`"); curl_exec($c); Db::exec($q);',
        "vendor/x/y.php": "<?php exec('git');",
        "tests/AppTest.php": "<?php exec('git');",
    }
    finding = found(project_of(tmp_path, PHP, files))
    assert finding is not None
    assert finding.fix is not None


def test_packages_for_development_go_before_the_stage_is_divided(tmp_path: Path) -> None:
    files = {"composer.json": '{"require-dev": {"phpunit/phpunit": "^10"}}', "composer.lock": "{}"}
    made = after(project_of(tmp_path, PHP, files), "single-stage-build", "dev-dependencies-shipped")
    assert made.startswith("FROM php:8.3-cli-bookworm AS build\n")
    assert "RUN composer install --no-dev\n" in made
    assert made.endswith("COPY --from=build /app /app\n" + 'CMD ["php", "app.php"]\n')


def test_groups_of_bundler_stay_out_of_both_stages(tmp_path: Path) -> None:
    files = {"Gemfile": 'group :test do\n  gem "rspec"\nend\n', "Gemfile.lock": "GEM\n"}
    source = RUBY.replace("WORKDIR", "ENV RACK_ENV=production\nWORKDIR")
    made = after(project_of(tmp_path, source, files), "single-stage-build", "dev-dependencies-shipped")
    assert made.count('ENV BUNDLE_WITHOUT="test"\n') == 2


@pytest.mark.parametrize(
    ("change", "files", "reason"),
    [
        (("RUN bundle", "RUN cd /app && bundle"), {}, "another folder than its WORKDIR"),
        (("COPY", "RUN bundle config set without test\nCOPY"), {}, "go to the home folder"),
        (("RUN bundle", "RUN bundle config --global jobs 4 && bundle"), {}, "go to the home folder"),
        (("bundle install", "bundle install --path vendor/bundle"), {}, "a folder of its own choice"),
        (("RUN bundle", "WORKDIR /x\nRUN rake y\nWORKDIR /app\nRUN bundle"), {}, "results the program may"),
        (("WORKDIR /app", "WORKDIR /"), {}, "cannot be copied as a whole"),
        (("build-essential", "build-essential libfrob-dev"), {}, "libfrob-dev loads is not known"),
        (("RUN bundle install", "RUN bundle install && npm install -g yarn"), {}, "results the program may"),
        (("bundle install\n", "bundle install\nWORKDIR /b\nRUN rm -rf /app/tmp\n"), {}, "WORKDIR changes"),
        (("-y", "-y -t bookworm-backports libpq5"), {}, "packages to build with and packages to run with"),
        (("-y", "-y $TOOLS"), {}, "packages to build with and packages to run with"),
        (("", ""), {"app.rb": 'system("git", "log")\n'}, "starts other programs (system"),
        (("", ""), {"Gemfile.lock": "GEM\n  specs:\n    rugged (1.7.2)\n"}, "the gem rugged calls"),
        (('["bundle", "exec", "puma"]', '["make", "run"]'), {}, "calls make"),
    ],
)
def test_ruby_is_refused(
    change: tuple[str, str], files: Mapping[str, str], reason: str, tmp_path: Path
) -> None:
    assert reason in refusal(tmp_path, RUBY, change, files)


def test_ruby_in_comments_is_no_program(tmp_path: Path) -> None:
    files = {"app.rb": "# run `bundle exec rake`\nputs 1\n", "spec/a_spec.rb": 'system("git")\n'}
    finding = found(project_of(tmp_path, RUBY, files))
    assert finding is not None
    assert finding.fix is not None


@pytest.mark.parametrize(
    ("change", "files", "reason"),
    [
        (("mix release", "mix release --path /opt/shop"), MIX, "a folder of its own choice"),
        (("ENV MIX_ENV=prod\n", ""), MIX, "MIX_ENV is not prod"),
        (('"start"', '"daemon"'), MIX, "starts a release with `daemon`"),
        (("/rel/shop/bin/shop", "/rel/other/bin/other"), MIX, "no release called other"),
        (("elixir:1.17", "elixir:1.17.1"), MIX, "is not said by its tag"),
        (("elixir:1.17", "elixir:latest"), MIX, "is not said by its tag"),
        (("elixir:1.17", "elixir:1.17-otp-25"), MIX, "is not said by its tag"),
        (("elixir:1.17", "hexpm/elixir:1.17.3-erlang-27.1-alpine-3.20.3"), MIX, "Alpine"),
        (("RUN mix", "RUN curl -o /opt/data x && mix"), MIX, "results the program may need"),
        (("CMD [", "HEALTHCHECK CMD curl -f localhost\nCMD ["), MIX, "calls curl"),
        (("", ""), {**MIX, "rel/env.sh.eex": "ulimit -n 4096\n"}, "rel/env.sh.eex changes"),
        (("", ""), {**MIX, "lib/a.ex": 'System.cmd("git", [])\n'}, "starts other programs (System.cmd)"),
        (("", ""), {**MIX, "lib/a.ex": 'EEx.eval_file("a.eex")\n'}, "calls EEx.eval_file"),
        (("", ""), {**MIX, "mix.lock": '  "x": {:git, "https://a/x", "0f", []},\n'}, "x comes from git"),
        (("", ""), {"mix.exs": "[app: :shop, extra_applications: [:wx]]\n"}, "asks for Erlang's wx"),
        (("", ""), {"mix.exs": '[app: :shop, apps_path: "apps"]\n'}, "umbrella"),
    ],
)
def test_elixir_is_refused(
    change: tuple[str, str], files: Mapping[str, str], reason: str, tmp_path: Path
) -> None:
    assert reason in refusal(tmp_path, ELIXIR, change, files)


@pytest.mark.parametrize(
    ("source", "change"),
    [
        (RUBY, ("build-essential", "ruby ruby-dev build-essential libfrob-dev")),
        (PHP, ("composer install", "cd /app && composer install")),
        (ELIXIR, ("mix release", "mix release --path /opt")),
    ],
)
def test_debian_may_serve_anything_so_nothing_is_said(
    source: str, change: tuple[str, str], tmp_path: Path
) -> None:
    first, _, rest = source.replace(*change).partition("\n")
    assert first.startswith("FROM ")
    assert found(project_of(tmp_path, f"FROM debian:bookworm\n{rest}", MIX)) is None


def test_a_site_of_apache_on_debian_is_enabled_in_both_stages(tmp_path: Path) -> None:
    source = (
        "FROM debian:bookworm\n"
        "RUN apt-get update && apt-get install -y libapache2-mod-php composer\n"
        "RUN a2enmod rewrite\n"
        "WORKDIR /app\n"
        "COPY . .\n"
        "RUN composer install --no-dev\n"
        'CMD ["apachectl", "-D", "FOREGROUND"]\n'
    )
    made = after(project_of(tmp_path, source, {}), "single-stage-build")
    assert made.count("RUN a2enmod rewrite\n") == 2
    assert "COPY --from=build /etc" not in made


def test_an_extension_by_pecl_on_debian_is_not_carried(tmp_path: Path) -> None:
    source = PHP.replace("FROM php:8.3-cli-bookworm", "FROM debian:bookworm").replace(
        "RUN composer", "RUN pecl install redis\nRUN composer"
    )
    assert found(project_of(tmp_path, source, {})) is None

"""What two instructions share, and that they may change places where they share nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.context.tree import plant

from jettison.project import Project
from jettison.rules.constraints import Relation, closure, relation

FILES = {
    "package.json": '{"name": "x"}',
    "requirements.txt": "six\n",
    "Gemfile": 'source "https://rubygems.org"\n',
    "src/a.js": "1",
    "src/lib/b.js": "1",
    "conf/app.conf": "1",
    "tool.tgz": "1",
    "run.sh": "1",
}


def relation_of(root: Path, *lines: str, base: str = "debian:bookworm") -> Relation:
    text = "\n".join((f"FROM {base}", *lines, ""))
    project = Project(text.encode(), root=plant(root, FILES))
    return relation(project, project.dockerfile.stages[0].instructions)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("COPY conf /srv/conf", "RUN apt-get update && apt-get install -y git"),
        ("COPY conf /srv/conf", "RUN apk add --no-cache git && rm -rf /var/cache/apk/*"),
        ("COPY conf /srv/conf", "RUN curl -fsSL https://example.com/$V.tgz | tar -xz -C /opt/tool"),
        ("COPY conf /srv/conf", "RUN curl -fsSL https://example.com/x -o /opt/x && chmod +x /opt/x"),
        ("COPY conf /srv/conf", "RUN git clone https://example.com/x.git /opt/x"),
        ("COPY conf /srv/conf", "RUN pip install six==1.16.0 && rm -rf /root/.cache"),
        ("COPY conf /srv/conf", "RUN npm install -g serve@14"),
        ("COPY conf /srv/conf", "RUN useradd --system --home-dir /home/app app"),
        ("COPY conf /srv/conf", "RUN cd /opt && mkdir tool && echo 1 > tool/version"),
        ("COPY conf /srv/conf", "RUN <<EOF\nset -e\nmkdir -p /opt/x\nEOF"),
        ("COPY conf /home/app/conf", "RUN apt-get update"),
        ("COPY conf /srv/conf", "RUN <<EOF\necho $(dirname /opt/x)\nEOF"),
        ("COPY conf /srv/conf", "RUN cat <<EOF > /opt/x\n$A\nEOF"),
        ("COPY conf /srv/conf", "RUN ln -s /usr/bin/python3 /usr/bin/python"),
        ("RUN --mount=type=cache,target=/a touch /x", "RUN --mount=type=cache,target=/b touch /y"),
        ("COPY run.sh /usr/local/bin/", "RUN apt-get update"),
        ("COPY run.sh /usr/local/bin/start.sh", "RUN pip install six"),
        ("COPY run.sh /", "RUN apt-get update"),
        ("COPY --chown=1000:1000 conf /srv/conf", "RUN apt-get update"),
        ("COPY --chown=www-data conf /srv/conf", "RUN apt-get update"),
        ("COPY --from=busybox /x /srv/x", "RUN apt-get update"),
        ("COPY src /a", "COPY conf /b"),
        ("COPY src /a/", "COPY conf /a/"),
        ("RUN mkdir -p /a", "RUN mkdir -p /b"),
        ("COPY run.sh /usr/local/bin/", "RUN curl https://example.com/x -o /usr/local/bin/x"),
        ("ENV A=1", "COPY src /a"),
        ("USER app", "COPY src /a"),
        ("WORKDIR /app", "COPY src /a"),
        ("LABEL a=1", "RUN apt-get update"),
        ("EXPOSE 80", "RUN make"),
        ("SHELL ['/bin/bash', '-c']", 'CMD ["x"]'),
    ],
)
def test_they_share_nothing(tmp_path: Path, first: str, second: str) -> None:
    for lines in ((first, second), (second, first)):
        assert relation_of(tmp_path, *lines).before == (0, 0)


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ("COPY conf /srv/conf", "RUN make", "`make` in line 3 may read and write anything"),
        ("COPY conf /srv/conf", "RUN if", "the RUN of line 3 is not understood, and may do anything"),
        ("COPY conf /srv/conf", 'RUN ["/x"]', "the RUN of line 3 is not understood, and may do anything"),
        ("COPY conf /srv/conf", "RUN cat $X", "`$X` in line 3 may read and write anything"),
        ("COPY conf /srv/conf", "RUN cd $X && mkdir y", "`$X` in line 3 may read and write anything"),
        ("COPY conf /srv/conf", "RUN (cd /x) && mkdir y", "`cd` in line 3 may read and write anything"),
        ("COPY conf /srv/conf", "RUN cp ~/x /y", "`~/x` in line 3 may read and write anything"),
        ("COPY conf /srv/conf", "RUN pip install .", "`pip install .` in line 3 may read and write anything"),
        ("COPY conf /srv/conf", "RUN npm ci", "`npm ci` in line 3 may read and write anything"),
        ("COPY conf /srv/conf", "RUN go build ./x", "`go build ./x` in line 3 may read and write anything"),
        ("COPY conf /srv/conf", "RUN git pull", "`git` in line 3 may read and write anything"),
        ("COPY conf /srv/conf", "RUN apt-get install -y /x.deb", "`apt-get install -y` in line 3 may read"),
        ("COPY conf /srv/conf", "RUN cat <<EOF > /x\n$(make)\nEOF", "a here-document in line 3 may read"),
        ("COPY conf /srv/conf", "RUN <<EOF\ncat <<EOT\n$(make)\nEOT\nEOF", "a here-document in line 3"),
        ("COPY conf /srv/conf", "RUN echo $(make)", "`make` in line 3 may read and write anything"),
        ("COPY conf /srv/conf", "RUN corepack prepare", "`corepack` in line 3 may read and write anything"),
        ("COPY conf /srv/data", "RUN ln -s /srv/data /data", "`ln` in line 3 may read and write anything"),
        ("COPY conf /srv/conf", "RUN cd /srv/conf", "line 3 reads /srv/conf/app.conf, which line 2 writes"),
        ("COPY conf /", "RUN ls > /list", "line 3 reads /app.conf, which line 2 writes"),
        ("COPY conf /opt/bin", "RUN /opt/bin/pip install six", "line 3 reads /opt/bin/app.conf, which"),
        (
            "RUN --mount=type=cache,id=x,target=/a touch /x",
            "RUN --mount=type=cache,id=x,target=/b touch /y",
            "line 3 reads cache x, which line 2 writes",
        ),
        ("COPY conf /usr/src/a", "RUN mkdir /usr/src/b", "line 3 reads /usr/src/a/app.conf, which line 2"),
        (
            "COPY conf /usr/local/app",
            "RUN touch /usr/local/app/b",
            "line 3 reads /usr/local/app/app.conf, which",
        ),
        ("VOLUME /data", "COPY conf /srv/conf", "VOLUME of line 2 may end what is written there"),
        ("ADD https://example.com/x /x", "RUN mkdir /y", "what line 2 fetches is not known"),
        ("COPY conf /etc/apt", "RUN apt-get update", "line 3 reads /etc/apt/app.conf, which line 2 writes"),
        ("COPY conf /usr", "RUN mkdir /x", "line 3 reads /usr/app.conf, which line 2 writes"),
        ("COPY run.sh /usr/local/bin/run", "RUN apt-get update", "line 3 reads /usr/local/bin/run, which"),
        ("COPY conf /root", "RUN pip install six", "line 3 reads /root/app.conf, which line 2 writes"),
        ("COPY conf /srv", "RUN rm -rf /srv/app.conf", "line 3 reads /srv/app.conf, which line 2 writes"),
        ("COPY conf /srv", "RUN chown -R 1:1 /srv", "line 3 reads /srv/app.conf, which line 2 writes"),
        ("COPY conf /srv", "RUN rm /srv/*.conf", "line 3 reads /srv/app.conf, which line 2 writes"),
        ("COPY conf /a/b", "RUN mkdir /a/c", "line 3 reads /a/b/app.conf, which line 2 writes"),
        ("COPY conf /home/app", "RUN useradd app", "line 3 reads /home/app/app.conf, which line 2 writes"),
        ("COPY tool.tgz /t/", "RUN tar -xf /t/tool.tgz -C /opt", "line 3 reads /t/tool.tgz, which line 2"),
        ("COPY tool.tgz /t/", "RUN tar -xf /t/tool-$V.tgz -C /o", "line 3 reads /t/tool.tgz, which line 2"),
        ("COPY conf /srv", "RUN cat x > /srv/app.conf", "lines 2 and 3 both write /srv/app.conf"),
        ("RUN ls /srv > /list", "COPY conf /srv", "line 3 writes /srv/app.conf, which line 2 reads"),
        ("ADD tool.tgz /opt/x", "RUN mkdir /opt/x/y", "line 3 reads /opt/x, which line 2 writes"),
        ("COPY --from=a /x /opt/", "RUN mkdir /opt/y", "line 3 reads /opt, which line 2 writes"),
        ("COPY --chown=app conf /srv", "RUN useradd app", "line 3 writes the folders of the system, which"),
        ("COPY src /a", "COPY src/a.js /a/", "lines 2 and 3 both write /a/a.js"),
        ("COPY --chown=1:1 src /a/b/", "COPY conf /a/c/", "lines 2 and 3 both make /a"),
        ("RUN apt-get update", "RUN pip install six", "line 3 reads the folders of the system, which"),
        ("RUN pip install six", "RUN pip install seven", "line 3 reads installed tools, which line 2"),
        ("RUN pip install setuptools", "RUN npm install -g x", "line 3 reads installed tools, which line 2"),
        ("RUN corepack enable", "RUN npm install -g x", "line 3 reads installed tools, which line 2 writes"),
        ("ENV A=1", "RUN mkdir /x", "line 3 takes A from line 2"),
        ("ARG A", "COPY src /$A", "line 3 takes A from line 2"),
        ("COPY src /${A}", "ARG A", "line 3 sets A, which line 2 takes"),
        ("ENV A=1", "ENV B=2", "lines 2 and 3 both set ENV"),
        ("WORKDIR /app", "COPY src a", "line 3 takes WORKDIR from line 2"),
        ("WORKDIR app", "WORKDIR lib", "line 3 takes WORKDIR from line 2"),
        ("USER app", "RUN mkdir x", "line 3 takes USER from line 2"),
        ("USER app", "WORKDIR /x", "line 3 takes USER from line 2"),
        ('SHELL ["/bin/bash", "-c"]', "RUN mkdir x", "line 3 takes SHELL from line 2"),
        ('SHELL ["/bin/bash", "-c"]', "CMD echo", "line 3 takes SHELL from line 2"),
        ("LABEL a=1", "CMD x", ""),
    ],
)
def test_they_stay_in_order(tmp_path: Path, first: str, second: str, why: str) -> None:
    found = relation_of(tmp_path, first, second)
    assert found.before == (0, 1)
    assert found.why(0, 1).startswith(why)


def test_an_install_reads_its_manifests_and_no_more(tmp_path: Path) -> None:
    lines = (
        "WORKDIR /app",
        "COPY package.json ./",
        "COPY src src",
        "RUN npm ci",
        "COPY requirements.txt ./",
        "RUN pip install -r requirements.txt",
        "COPY . .",
    )
    found = relation_of(tmp_path, *lines)
    assert [bin(mask) for mask in found.before] == [
        bin(mask) for mask in (0, 0b1, 0b1, 0b11, 0b1, 0b10001, 0b111111)
    ]
    assert closure(found.before)[5] == 0b10001
    assert found.why(1, 3) == "line 5 reads /app/package.json, which line 3 writes"
    assert found.legal([0, 4, 5, 1, 3, 2, 6])
    assert not found.legal([0, 4, 3, 1, 5, 2, 6])


@pytest.mark.parametrize(
    "lines",
    [
        ("ENV PIP_CONFIG_FILE=/app/conf/pip.conf", "COPY requirements.txt ./"),
        ("ENV HOME=/app", "COPY requirements.txt ./"),
        ("ENV PATH=/app/.config:/usr/bin", "COPY requirements.txt ./"),
        ("ENV PIP_CERT=/app/.config/ca.pem", "COPY requirements.txt ./"),
    ],
)
def test_settings_may_lead_an_install_to_other_files(tmp_path: Path, lines: tuple[str, ...]) -> None:
    (tmp_path / "conf/.config").mkdir(parents=True)
    (tmp_path / "conf/.config/pip.conf").write_text("")
    install = "RUN pip install -r requirements.txt"
    found = relation_of(tmp_path, "WORKDIR /app", *lines, "COPY conf ./", install)
    assert found.before[4] & 0b1000


def test_a_mount_shows_the_manifest(tmp_path: Path) -> None:
    mount = "--mount=type=bind,source=requirements.txt,target=requirements.txt"
    lines = ("WORKDIR /app", "COPY conf conf", f"RUN {mount} pip install -r requirements.txt")
    assert relation_of(tmp_path, *lines).before[2] == 0b1
    written = mount + ",rw"
    found = relation_of(tmp_path, *lines[:2], f"RUN {written} pip install -r requirements.txt")
    assert found.why(1, 2) == "a mount in line 4 may read and write anything"

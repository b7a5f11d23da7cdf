"""Java: what the JDK's own tools make, the image that runs it, and what is refused with which reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.check import check
from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import find_rule
from jettison.stages import Refusal
from jettison.stages.javac import Made, made_by, read_launch

MAIN = "class Main { public static void main(String[] a) {} }\n"
HEAD = "FROM eclipse-temurin:21\nWORKDIR /app\nCOPY . .\n"


def found(folder: Path, dockerfile: str, files: dict[str, str] | None = None) -> Finding:
    for path, text in ({"Main.java": MAIN} | (files or {})).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    source = dockerfile.encode()
    (finding,) = check(Project(source, root=folder), [find_rule("single-stage-build")])
    return finding


@pytest.mark.parametrize(
    ("command", "made"),
    [
        ("javac -d out Main.java", Made("classes", "/app/out")),
        ("javac --release 17 -Xlint:all -d /out src/*.java", Made("classes", "/out")),
        ("javac com/example/*.java", Made("classes", "/app/com/example")),
        ("jar cf app.jar -C out .", Made("jar", "/app/app.jar")),
        ("jar cvfe lib/app.jar Main -C out .", Made("jar", "/app/lib/app.jar")),
        ("jar -cmf MANIFEST.MF app.jar Main.class", Made("jar", "/app/app.jar", "MANIFEST.MF")),
        ("jar --create --file=app.jar --main-class Main -C out .", Made("jar", "/app/app.jar")),
        ("jar -c -f app.jar -e Main Main.class", Made("jar", "/app/app.jar")),
        (
            "jlink --strip-debug --add-modules java.base --output /jre",
            Made("runtime", "/jre", "java.base"),
        ),
    ],
)
def test_what_a_tool_makes(command: str, made: Made) -> None:
    assert list(made_by(command.split(), "/app")) == [made]


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("javac @sources.txt", "where javac puts the classes of @sources.txt is not certain without `-d`"),
        ("javac -processor X -d out Main.java", "what javac makes of -processor is not certain"),
        ("jar xf app.jar", "what `jar` leaves is certain only when it creates a file"),
        ("jlink --add-modules $(jdeps) --output /jre", "which modules `jlink` takes is not certain"),
    ],
)
def test_a_tool_whose_result_is_not_certain(command: str, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        list(made_by(command.split(), "/app"))
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    ("start", "jar", "entries"),
    [
        ("java Main", "", ("/app",)),
        ("java -Dx=1 -cp out:lib/*:. Main a b", "", ("/app/out", "/app/lib", "/app")),
        ("java --class-path=/out Main", "", ("/out",)),
        ("java -p mods -m app/app.Main", "", ("/app/mods",)),
        ("java --add-opens java.base/java.lang=ALL-UNNAMED -jar app.jar", "/app/app.jar", ()),
    ],
)
def test_what_a_start_loads(start: str, jar: str, entries: tuple[str, ...]) -> None:
    assert read_launch(start.split(), "/app")[1:] == (jar, entries)


@pytest.mark.parametrize(
    ("base", "image"),
    [
        ("eclipse-temurin:21", "eclipse-temurin:21-jre"),
        ("eclipse-temurin:21.0.5_11-jdk-jammy", "eclipse-temurin:21.0.5_11-jre-jammy"),
        ("eclipse-temurin:21-alpine", "eclipse-temurin:21-jre-alpine"),
        ("eclipse-temurin:21-jdk-alpine-3.20", "eclipse-temurin:21-jre-alpine-3.20"),
    ],
)
def test_the_jre_is_of_the_same_version_and_system(base: str, image: str, tmp_path: Path) -> None:
    dockerfile = HEAD.replace("eclipse-temurin:21", base) + 'RUN javac Main.java\nCMD ["java", "Main"]\n'
    fix = found(tmp_path, dockerfile).fix
    assert fix is not None
    assert any(f"FROM {image}\n".encode() in edit.new for edit in fix.edits)


@pytest.mark.parametrize(
    ("tag", "image"),
    [
        ("maven:3.9-eclipse-temurin-21", "eclipse-temurin:21-jre"),
        ("maven:3.9.9-eclipse-temurin-21-alpine", "eclipse-temurin:21-jre-alpine"),
        ("gradle:8-jdk17-jammy", "eclipse-temurin:17-jre-jammy"),
    ],
)
def test_maven_and_gradle_stand_on_temurin(tag: str, image: str, tmp_path: Path) -> None:
    dockerfile = f"FROM {tag}\nWORKDIR /app\nCOPY . .\nRUN mvn -B package\n" + (
        'CMD ["java", "-jar", "target/demo.jar"]\n'
    )
    fix = found(tmp_path, dockerfile).fix
    assert fix is not None
    assert any(f"FROM {image}\n".encode() in edit.new for edit in fix.edits)


JAVAC = "RUN javac Main.java\n"


@pytest.mark.parametrize(
    ("dockerfile", "reason"),
    [
        (
            "FROM openjdk:17\nWORKDIR /app\nCOPY . .\n" + JAVAC + 'CMD ["java", "Main"]\n',
            "openjdk has no image with only the runtime; eclipse-temurin:17-jre runs the same classes, but "
            "is another vendor's build: build on eclipse-temurin, and this becomes two stages",
        ),
        (
            'FROM maven:3-amazoncorretto-21\nWORKDIR /app\nCOPY . .\nRUN mvn package\nCMD ["java", "-jar", '
            '"target/a.jar"]\n',
            "the JDK of maven:3-amazoncorretto-21 is not Eclipse Temurin's, and has no image with only the "
            "runtime",
        ),
        (
            HEAD.replace(":21", "") + JAVAC + 'CMD ["java", "Main"]\n',
            "which Java eclipse-temurin:latest has is not certain",
        ),
        (
            HEAD + JAVAC + 'CMD ["java", "Main.java"]\n',
            "it starts Main.java, which compiles at every start: compile it while building",
        ),
        (
            HEAD + JAVAC + 'CMD ["java", "-cp", "missing:.", "Main"]\n',
            "its class path names /app/missing, which nothing here makes",
        ),
        (
            HEAD + "RUN javac -d /elsewhere Main.java\n" + 'CMD ["java", "Main"]\n',
            "nothing on its class path is made by a plain `javac` or `jar`",
        ),
        (
            HEAD + JAVAC + 'CMD ["java", "-javaagent:x.jar", "Main"]\n',
            "it starts with -javaagent:x.jar, which a JRE may not have",
        ),
        (
            HEAD + "RUN javac Main.java || true\n" + 'CMD ["java", "-jar", "app.jar"]\n',
            "no command makes the jar",
        ),
        (
            HEAD + "RUN test -e x && javac Main.java\n" + 'CMD ["java", "Main"]\n',
            "the RUN of line 4 calls test",
        ),
        (
            HEAD
            + "RUN javac -d out Main.java && cp Main.java /etc/app\n"
            + 'CMD ["java", "-cp", "out", "Main"]\n',
            "the RUN of line 4 copies to /etc/app, which the program may need",
        ),
        (
            HEAD
            + "RUN javac -d out Main.java && jar cfm a.jar M.txt -C out .\n"
            + 'CMD ["java", "-jar", "a.jar"]\n',
            "the manifest M.txt may name libraries that lie beside the jar",
        ),
        (
            HEAD
            + "RUN javac Main.java && jlink --add-modules java.desktop --output /jre\n"
            + 'CMD ["/jre/bin/java", "Main"]\n',
            "its runtime has java.desktop, which needs fonts and libraries of the system",
        ),
        (
            HEAD.replace("21", "21-alpine")
            + "RUN javac Main.java && jlink --add-modules java.base --output /jre\n"
            + 'CMD ["/jre/bin/java", "Main"]\n',
            "which libraries a runtime made by eclipse-temurin needs is not certain",
        ),
        (
            "FROM debian:bookworm\nRUN apt-get update && apt-get install -y default-jdk curl\nWORKDIR /app\n"
            "COPY . .\n" + JAVAC + 'CMD ["java", "Main"]\n',
            "the program may need the package curl",
        ),
        (
            "FROM eclipse-temurin:21\nCOPY Main.java /\n" + JAVAC + 'CMD ["java", "Main"]\n',
            "its classes lie in /, among everything else: a WORKDIR would keep them apart",
        ),
    ],
)
def test_a_refusal_says_why(dockerfile: str, reason: str, tmp_path: Path) -> None:
    finding = found(tmp_path, dockerfile)
    assert finding.fix is None
    assert finding.refused == reason


def test_a_runtime_of_jlink_that_may_read_the_locale(tmp_path: Path) -> None:
    dockerfile = HEAD + "RUN javac Main.java && jlink --add-modules java.base --output /jre\n"
    reads = MAIN.replace("{}", "{ java.util.Locale.getDefault(); }")
    finding = found(tmp_path, dockerfile + 'CMD ["/jre/bin/java", "Main"]\n', {"Main.java": reads})
    assert finding.refused == (
        "Locale.getDefault may depend on the locale en_US.UTF-8, which only Temurin's own images set"
    )


def test_a_jre_is_no_jdk(tmp_path: Path) -> None:
    source = b"FROM eclipse-temurin:21-jre\nRUN mvn package\nCMD java -jar /a.jar\n"
    assert not check(Project(source, root=tmp_path), [find_rule("single-stage-build")])


def test_a_folder_made_for_the_runtime_ships_only_as_the_runtime(tmp_path: Path) -> None:
    dockerfile = HEAD + (
        "RUN mkdir -p /opt/java && javac Main.java && jlink --add-modules java.base --output /opt/java/jre\n"
        'CMD ["/opt/java/jre/bin/java", "Main"]\n'
    )
    fix = found(tmp_path, dockerfile).fix
    assert fix is not None
    added = b"".join(edit.new for edit in fix.edits).decode().splitlines()
    copies = [line for line in added if line.startswith("COPY")]
    assert copies == [f"COPY --from=build {path} {path}" for path in ("/app", "/opt/java/jre")]


@pytest.mark.parametrize(
    ("goal", "refused"),
    [
        ("go-offline", None),
        ("resolve-plugins", None),
        ("copy-dependencies", "`dependency:copy-dependencies` may put libraries beside the jar"),
    ],
)
def test_goals_of_mavens_dependency_plugin(goal: str, refused: str | None, tmp_path: Path) -> None:
    dockerfile = HEAD + (
        f'RUN ./mvnw dependency:{goal}\nRUN ./mvnw package\nCMD ["java", "-jar", "target/demo.jar"]\n'
    )
    assert found(tmp_path, dockerfile).refused == refused


def test_ubuntu_keeps_its_release_and_its_recommended_packages(tmp_path: Path) -> None:
    dockerfile = (
        "FROM ubuntu:24.04\nRUN apt-get update && apt-get install -y openjdk-21-jdk maven\n"
        "WORKDIR /app\nCOPY . .\n"
        'RUN mvn -q package && mv target/demo-1.0.jar app.jar\nCMD ["java", "-jar", "app.jar"]\n'
    )
    fix = found(tmp_path, dockerfile).fix
    assert fix is not None
    added = b"".join(edit.new for edit in fix.edits).decode()
    assert "FROM ubuntu:24.04\nRUN apt-get update && apt-get install -y openjdk-21-jre && rm" in added
    assert "COPY --from=build /app/app.jar /app/app.jar\n" in added

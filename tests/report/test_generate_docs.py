"""The generator of docs/rules: it knows what is stale, and writes exactly what should be there."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from jettison.rules import all_rules

SPEC = spec_from_file_location("generate_docs", Path(__file__).parents[2] / "tools" / "generate_docs.py")
assert SPEC is not None
assert SPEC.loader is not None
generator = module_from_spec(SPEC)
SPEC.loader.exec_module(generator)


def test_every_rule_has_a_page_and_the_index_names_it() -> None:
    pages = generator.pages()
    for rule in all_rules():
        assert pages[f"{rule.name}.md"].startswith(f"# {rule.name} ({rule.code})\n")
        assert f"[{rule.name}]({rule.name}.md)" in pages["index.md"]


def test_stale_is_what_differs_is_missing_or_should_not_be_there(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    wanted = {"a.md": "a\n", "b.md": "b\n"}
    assert generator.stale(wanted, folder) == ["a.md", "b.md"]
    generator.write(wanted, folder)
    assert generator.stale(wanted, folder) == []
    (folder / "a.md").write_text("old\n")
    (folder / "gone.md").write_text("x\n")
    assert generator.stale(wanted, folder) == ["a.md", "gone.md"]
    generator.write(wanted, folder)
    assert sorted(file.name for file in folder.iterdir()) == ["a.md", "b.md"]
    assert (folder / "a.md").read_text() == "a\n"

"""Where files stand in a checkout."""

from pathlib import Path

import pytest

from reconciler.files.checkout import Checkout, find_checkout


def test_file_is_named_from_the_root_of_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    below = tmp_path / "teams" / "a"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)

    checkout = find_checkout()

    assert checkout == Checkout(str(tmp_path.resolve()), str(below.resolve()))
    assert checkout.relative("prod/x.yaml") == "teams/a/prod/x.yaml"
    assert checkout.relative("./../b.yaml") == "teams/b.yaml"
    assert checkout.relative(str(tmp_path / "c.yaml")) == "c.yaml"


def test_worktree_is_a_checkout_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    worktree = tmp_path / "worktree"
    worktree.mkdir()
    (worktree / ".git").write_text("gitdir: elsewhere\n", encoding="utf-8")
    monkeypatch.chdir(worktree)

    assert find_checkout().relative("x.yaml") == "x.yaml"


def test_link_is_named_by_the_file_that_it_leads_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "real.yaml").touch()
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    monkeypatch.chdir(tmp_path)

    assert find_checkout().relative("link.yaml") == "real.yaml"


def test_folder_that_is_gone_leaves_names_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()

    assert find_checkout().relative("x.yaml") == "x.yaml"

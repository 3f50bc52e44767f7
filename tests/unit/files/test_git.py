"""Files of a commit: all that is asked for, nothing that a clone's author would have run, and nothing outside."""

import shutil
from pathlib import Path

import pytest

from reconciler.errors import UsageError
from reconciler.files.git import Commit, commit_files
from reconciler.files.read import NotReadError, read_resolved, resolve_inside
from tests.clones import GIT, Clone, needs_git

pytestmark = needs_git


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """An empty repository, in which the process runs."""
    folder = tmp_path / "clone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return Clone(folder)


def write(clone: Clone, **files: str) -> None:
    for name, text in files.items():
        path = clone.folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def laid_out(*paths: str, ref: str = "HEAD", longest: int = 100) -> dict[str, str]:
    """What lies in the folder of a commit, by its path there."""
    with commit_files(ref, paths, flag="--base", longest=longest) as commit:
        files = sorted(one for one in commit.folder.rglob("*") if not one.is_dir())
        return {str(one.relative_to(commit.folder)): one.read_text() for one in files}


def read(commit: Commit, argument: str) -> bytes:
    """An argument as whoever reads manifests reads it."""
    return read_resolved(resolve_inside(commit.places.path_of(argument), commit.places.root_of(argument)), 100)


def test_yaml_files_below_the_paths_are_there_as_the_commit_has_them(clone: Clone) -> None:
    write(clone, m__a_yaml="1", m__deep__b_YML="2", m__c_txt="3", other_yaml="4", n_json="5")
    commit_id = clone.commit()
    write(clone, m__a_yaml="changed", m__new_yaml="new")

    with commit_files("main", ["m", "n.json"], flag="--base", longest=100) as commit:
        assert (commit.commit, commit.ref, commit.places.prefix) == (commit_id, "main", "main:")
        assert [commit.has(one) for one in ("m", "n.json", ".", "m/new.yaml", "other.yaml")] == [True] * 3 + [
            False,
            True,
        ]
        kept = commit.folder

    assert laid_out("m", "n.json") == {"m/a.yaml": "1", "m/deep/b.YML": "2", "n.json": "5"}
    assert laid_out("m/deep/../a.yaml", str(clone.folder / "other.yaml")) == {"m/a.yaml": "1", "other.yaml": "4"}
    assert laid_out(".", longest=0) == {"m/a.yaml": "1", "m/deep/b.YML": "2", "other.yaml": "4"}
    assert not kept.exists()


def test_files_longer_than_is_read_are_cut_off_behind_that(clone: Clone) -> None:
    write(clone, a_yaml="12345")
    clone.commit()

    assert laid_out("a.yaml", longest=3) == {"a.yaml": "1234"}


@pytest.mark.parametrize(
    "ref",
    ["nowhere", "--output=x", "-h", "", "HEAD:a.yaml", "HEAD\n", "HEAD\0", "main..HEAD", "'; touch x", "HEAD^{tree}"],
)
def test_name_of_no_commit_is_wrong_usage(clone: Clone, ref: str) -> None:
    write(clone, a_yaml="1")
    clone.commit()

    with pytest.raises(UsageError, match=r"^--base "), commit_files(ref, ["a.yaml"], flag="--base", longest=1):
        pass

    assert sorted(one.name for one in clone.folder.iterdir()) == [".git", "a.yaml"]


@pytest.mark.parametrize("ref", ["main", "HEAD~1", "v1", "@{0}"])
def test_commit_may_be_named_as_git_names_it(clone: Clone, ref: str) -> None:
    write(clone, a_yaml="1")
    clone.commit()
    clone.git("tag", "-a", "v1", "-m", "first")
    clone.git("commit", "-q", "--allow-empty", "-m", "first")

    assert laid_out("a.yaml", ref=ref) == {"a.yaml": "1"}


def test_no_program_of_a_clone_is_run(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    write(clone, a_yaml="1")
    (clone.folder / ".gitattributes").write_text("*.yaml diff=evil filter=evil\n")
    clone.commit()
    evil = clone.folder / "evil.sh"
    evil.write_text(f"#!/bin/sh\ntouch {clone.folder}/was-run\ncat\n")
    evil.chmod(0o755)
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        shutil.copy(evil, clone.folder / ".git" / "hooks" / name)
    for key in ("core.fsmonitor", "core.pager", "diff.evil.textconv", "filter.evil.smudge", "alias.ls-tree"):
        clone.git("config", key, str(evil))
    for name in ("GIT_PAGER", "GIT_EXTERNAL_DIFF", "GIT_SSH_COMMAND"):
        monkeypatch.setenv(name, str(evil))
    (clone.folder / "was-run").unlink(missing_ok=True)

    found = laid_out("a.yaml")

    assert found == {"a.yaml": "1"}
    assert not (clone.folder / "was-run").exists()


def test_variables_of_git_lead_to_no_other_repository(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(clone, a_yaml="1")
    clone.commit()
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_WORK_TREE", "/")

    assert laid_out("a.yaml") == {"a.yaml": "1"}


def test_folder_that_looks_like_a_bare_repository_is_none(clone: Clone) -> None:
    write(clone, bare__a_yaml="1")
    clone.git("init", "-q", "--bare", "bare/inner")
    (clone.folder / "bare" / "inner" / "a.yaml").write_text("2")
    clone.git("add", "-A", "-f", ".")
    clone.git("commit", "-q", "-m", "x")

    # Git takes no configuration from it, and so refuses to look around from within.
    with pytest.raises(UsageError, match=r"safe\.bareRepository"):
        laid_out("bare/inner/a.yaml")
    assert laid_out("bare") == {"bare/a.yaml": "1", "bare/inner/a.yaml": "2"}


def test_links_lead_where_they_lead_here_and_never_outside(clone: Clone) -> None:
    write(clone, m__real_yaml="1", shared__far_yaml="2")
    (clone.folder / "m" / "near.yaml").symlink_to("real.yaml")
    (clone.folder / "far.yaml").symlink_to("shared/far.yaml")
    (clone.folder / "out.yaml").symlink_to("/etc/hostname")
    (clone.folder / "up.yaml").symlink_to("../secret.yaml")
    (clone.folder / "folder").symlink_to("m")
    clone.commit()
    (clone.folder.parent / "secret.yaml").write_text("secret")

    with commit_files("HEAD", ["."], flag="--base", longest=100) as commit:
        assert [read(commit, one) for one in ("m/near.yaml", "far.yaml", "folder/real.yaml")] == [b"1", b"2", b"1"]
        for name in ("out.yaml", "up.yaml"):
            with pytest.raises(NotReadError) as caught:
                read(commit, name)
            assert commit.places.shown(caught.value.message).startswith(("this link leads outside", "no such file"))
            assert str(commit.folder) not in commit.places.shown(caught.value.message)


def test_paths_of_no_clone_or_of_two_are_wrong_usage(clone: Clone, tmp_path: Path) -> None:
    write(clone, a_yaml="1")
    clone.commit()
    (tmp_path / "other").mkdir()
    (tmp_path / "none.yaml").write_text("1")
    other = Clone(tmp_path / "other")
    write(other, b_yaml="1")

    for paths in ([str(tmp_path / "none.yaml")], ["a.yaml", str(other.folder / "b.yaml")]):
        with pytest.raises(UsageError), commit_files("HEAD", paths, flag="--base", longest=1):
            pass


def test_commit_with_a_path_that_leads_elsewhere_is_refused(clone: Clone) -> None:
    write(clone, a_yaml="1")
    clone.commit()
    blob = clone.git("hash-object", "-w", "a.yaml")
    tree = clone.folder.parent / "tree"
    tree.write_bytes(b"100644 ..\0" + bytes.fromhex(blob))
    made = clone.git("hash-object", "-w", "-t", "tree", "--literally", str(tree))
    bad = clone.git("commit-tree", made, "-m", "x")

    with pytest.raises(UsageError, match="no work tree can have"), commit_files(bad, ["."], flag="--base", longest=1):
        pass


def test_where_git_is_missing_that_is_said(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    assert GIT is not None
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(UsageError, match="no git here"), commit_files("HEAD", ["."], flag="--base", longest=1):
        pass

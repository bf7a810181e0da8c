"""``sosie keys``: what is printed once, what is kept, and who is refused afterwards."""

import json
from pathlib import Path
from typing import Any

from sosie.server.keys import KeyRing

Sosie = Any


def test_a_key_is_shown_once_and_kept_as_a_hash(sosie: Sosie, tmp_path: Path) -> None:
    kept = tmp_path / "keys.json"
    added = sosie("keys", "add", "editor", "--scope", "read", "--scope", "write", "--keys", kept)
    assert added.exit_code == 0, added.output
    secret = added.stdout.strip()
    assert secret.startswith("sosie_")
    assert secret not in kept.read_text(encoding="utf-8")
    [key] = KeyRing(kept).all()
    assert (key.name, set(key.scopes)) == ("editor", {"read", "write"})
    assert f"key {key.key_id} (editor) may read and write" in " ".join(added.stderr.split())
    assert KeyRing(kept).find(secret) == key


def test_a_key_may_read_unless_it_is_given_more(sosie: Sosie, tmp_path: Path) -> None:
    kept = tmp_path / "keys.json"
    sosie("keys", "add", "shop", "--keys", kept)
    [key] = KeyRing(kept).all()
    assert key.scopes == ("read",)
    listed = sosie("keys", "list", "--keys", kept).stdout
    assert listed.split() == [key.key_id, "read", key.created, "shop"]


def test_a_removed_key_is_refused_from_then_on(sosie: Sosie, tmp_path: Path) -> None:
    kept = tmp_path / "keys.json"
    secret = sosie("keys", "add", "shop", "--keys", kept).stdout.strip()
    ring = KeyRing(kept)
    [key] = ring.all()
    removed = sosie("keys", "remove", key.key_id, "--keys", kept)
    assert (removed.exit_code, removed.stdout) == (0, f"key {key.key_id} removed\n")
    assert ring.find(secret) is None
    assert sosie("keys", "list", "--keys", kept).stdout == ""


def test_a_key_that_is_not_there_cannot_be_removed(sosie: Sosie, tmp_path: Path) -> None:
    missing = sosie("keys", "remove", "1f0c2a9b", "--keys", tmp_path / "keys.json")
    assert missing.exit_code == 1
    assert "no key '1f0c2a9b'; `sosie keys list` shows them" in missing.stderr


def test_without_a_file_keys_are_kept_in_the_persons_configuration(
    sosie: Sosie, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert sosie("keys", "add", "shop").exit_code == 0
    assert len(json.loads((tmp_path / "sosie" / "keys.json").read_text(encoding="utf-8"))) == 1
    monkeypatch.setenv("SOSIE_KEYS", str(tmp_path / "other.json"))
    assert sosie("keys", "add", "shop").exit_code == 0
    assert (tmp_path / "other.json").exists()

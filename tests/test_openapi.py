"""The committed documents say what the code does, and the answers have the shapes that they promise."""

from __future__ import annotations

from pathlib import Path

from inbox.openapi import check_documents, documents

ROOT = Path(__file__).parent.parent


def test_the_committed_documents_are_current() -> None:
    check_documents(ROOT / "openapi")


def test_every_operation_says_what_it_does_and_what_it_answers() -> None:
    silent = [
        f"{method} {path}"
        for path, methods in documents()["inbox.json"]["paths"].items()
        for method, operation in methods.items()
        if not operation.get("description") or not any(code.startswith("2") for code in operation["responses"])
    ]

    assert silent == []


def test_no_answer_has_a_field_that_holds_a_secret() -> None:
    shown_once = {"NewInboxShape", "NewApiKeyShape"}
    schemas = documents()["inbox.json"]["components"]["schemas"]
    found = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field in schema.get("properties", {})
        if name.endswith("Shape") and name not in shown_once and {"password", "secret", "hash"} & set(field.split("_"))
    ]

    assert found == []


def test_no_two_shapes_share_a_name() -> None:
    """Else both would be called by their modules, and every client by another name."""
    assert [name for name in documents()["inbox.json"]["components"]["schemas"] if "__" in name] == []

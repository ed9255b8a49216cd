"""The plans of the hot path are those meant, from the first message into an empty database on."""

from __future__ import annotations

import re

from inbox.store.assignments import _LEFT, _OFFERS_THAT_ENDED
from inbox.store.intake import _BY_CONTACT, _BY_THREAD, _REFERENCED
from inbox.store.managers import _ONLINE
from inbox.store.unit_of_work import Units


async def test_what_was_kept_is_found_by_its_key_before_there_are_statistics(units: Units) -> None:
    plans = [await kept_plan(units, statement) for statement in (_BY_THREAD, _BY_CONTACT)]

    for plan in plans:
        assert indexes_of("originals", plan) == {"uq_originals_inbox_id_key"}
        assert indexes_of("messages", plan) == {"uq_messages_external"}


async def test_what_a_mail_answers_is_found_by_its_id_and_its_ticket_alone(units: Units) -> None:
    plan = await kept_plan(units, _REFERENCED)

    assert "Seq Scan on messages" not in plan
    by_id = [line for line in plan.splitlines() if "inbox_id = $1" in line and "Index Cond" in line]
    assert by_id
    assert all("external_id = " in line for line in by_id)


async def test_what_managers_hold_is_found_by_the_manager_before_there_are_statistics(units: Units) -> None:
    plan = await kept_plan(units, _ONLINE)

    assert set(re.findall(r"ix_tickets_\w+", plan)) == {"ix_tickets_assignee", "ix_tickets_offered"}


async def kept_plan(units: Units, statement: str) -> str:
    """Return the plan that a connection keeps for all values."""
    async with units.session() as session:
        driver = session.driver
        await driver.execute(f"set plan_cache_mode = force_generic_plan; prepare asked as {statement}")
        values = ["null"] * len(set(re.findall(r"\$\d", statement)))
        asked = f"asked({', '.join(values)})" if values else "asked"
        rows = await driver.fetch(f"explain execute {asked}")
        await driver.execute("deallocate asked; reset plan_cache_mode")
    return "\n".join(row[0] for row in rows)


def indexes_of(table: str, plan: str) -> set[str]:
    return set(re.findall(rf"using (\w+) on {table}\b", plan))


async def test_what_somebody_left_and_was_offered_is_found_by_the_manager(units: Units) -> None:
    left, offered = await kept_plan(units, _LEFT), await kept_plan(units, _OFFERS_THAT_ENDED)

    assert "ix_tickets_assignee" in left
    assert "ix_tickets_offered" in offered
    assert "Seq Scan on tickets" not in left + offered


async def test_what_a_mail_refers_to_is_found_by_index_before_there_are_statistics(units: Units) -> None:
    plan = await kept_plan(units, _REFERENCED)

    for table in ("tickets", "messages", "identities"):
        assert f"Seq Scan on {table}" not in plan, plan

"""Clients, campaigns and teams in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from inbox.domain.campaign import Campaign, Client, Mode, Team
from inbox.domain.ids import CampaignId, ManagerId, TeamId
from inbox.errors import NotFound, StaleVersion
from inbox.store.database import Session
from inbox.store.tables import campaigns, clients, team_members, teams, tickets

_NAMES = tuple(field.name for field in fields(Campaign))


class Campaigns:
    """The clients, campaigns and teams of one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def all(self) -> list[Campaign]:
        """Return every campaign, by name."""
        rows = await self._session.rows(select(campaigns).order_by(campaigns.c.name, campaigns.c.id))
        return [to_campaign(row) for row in rows]

    async def find(self, campaign_id: CampaignId) -> Campaign:
        """Return a campaign; raise NotFound."""
        row = await self._session.row(select(campaigns).where(campaigns.c.id == campaign_id))
        if row is None:
            raise NotFound("There is no such campaign.")
        return to_campaign(row)

    async def by_key(self, key: str) -> Campaign | None:
        """Return the campaign that the platform calls so."""
        row = await self._session.row(select(campaigns).where(campaigns.c.key == key))
        return to_campaign(row) if row else None

    async def add(self, campaign: Campaign) -> Campaign:
        """Store a new campaign."""
        await self._session.run(campaigns.insert().values(**_row_of(campaign), version=1))
        return await self.find(campaign.id)

    async def save(self, campaign: Campaign) -> Campaign:
        """Store a changed campaign, one version on; raise StaleVersion."""
        statement = (
            update(campaigns)
            .where(campaigns.c.id == campaign.id, campaigns.c.version == campaign.version)
            .values(**_row_of(campaign), version=campaign.version + 1)
        )
        if await self._session.run(statement) != 1:
            raise StaleVersion
        return await self.find(campaign.id)

    async def adopt(self, campaign: Campaign) -> list[UUID]:
        """Give the campaign the unsorted tickets that named its key before it was known; return their ids."""
        statement = (
            update(tickets)
            .where(tickets.c.campaign_id.is_(None), tickets.c.campaign_key == campaign.key)
            .values(campaign_id=campaign.id, campaign_key=None, version=tickets.c.version + 1, updated_at=func.now())
            .returning(tickets.c.id)
        )
        return [row["id"] for row in await self._session.rows(statement)]

    async def clients(self) -> list[Client]:
        """Return every client, by name."""
        rows = await self._session.rows(select(clients).order_by(clients.c.name, clients.c.id))
        return [Client(id=row["id"], key=row["key"], name=row["name"]) for row in rows]

    async def put_client(self, client: Client) -> Client:
        """Store a client under its key: a new one, or the known one under its new name."""
        statement = (
            insert(clients)
            .values(**asdict(client))
            .on_conflict_do_update(index_elements=[clients.c.key], set_={"name": client.name})
            .returning(clients)
        )
        row = (await self._session.rows(statement))[0]
        return Client(id=row["id"], key=row["key"], name=row["name"])

    async def teams(self) -> list[Team]:
        """Return every team with its members, by name."""
        members = func.array_remove(func.array_agg(team_members.c.manager_id), None).label("members")
        statement = (
            select(teams, members)
            .outerjoin(team_members, team_members.c.team_id == teams.c.id)
            .group_by(teams.c.id)
            .order_by(teams.c.name)
        )
        rows = await self._session.rows(statement)
        return [_to_team(row) for row in rows]

    async def find_team(self, team_id: TeamId) -> Team:
        """Return a team; raise NotFound."""
        found = next((team for team in await self.teams() if team.id == team_id), None)
        if found is None:
            raise NotFound("There is no such team.")
        return found

    async def put_team(self, team: Team) -> Team:
        """Store a team, new or changed; raise StaleVersion."""
        row = _team_row(team) | {"version": team.version + 1}
        statement = (
            insert(teams)
            .values(id=team.id, **row)
            .on_conflict_do_update(index_elements=[teams.c.id], set_=row, where=teams.c.version == team.version)
        )
        if await self._session.run(statement) != 1:
            raise StaleVersion
        await self._set_members(team.id, sorted(team.members))
        return await self.find_team(team.id)

    async def _set_members(self, team_id: TeamId, members: Sequence[ManagerId]) -> None:
        await self._session.run(delete(team_members).where(team_members.c.team_id == team_id))
        for manager_id in members:
            await self._session.run(team_members.insert().values(team_id=team_id, manager_id=manager_id))


def to_campaign(row: Mapping[str, Any]) -> Campaign:
    """Read a campaign from a row of its table."""
    values = {name: row[name] for name in _NAMES}
    return Campaign(**(values | {"languages": tuple(row["languages"]), "topics": tuple(row["topics"])}))


def _row_of(campaign: Campaign) -> dict[str, Any]:
    row = {name: getattr(campaign, name) for name in _NAMES if name != "version"}
    return row | {"languages": list(campaign.languages), "topics": list(campaign.topics)}


def _to_team(row: Mapping[str, Any]) -> Team:
    return Team(
        id=row["id"],
        name=row["name"],
        members=frozenset(row["members"]),
        mode=Mode(row["mode"]),
        skills=tuple(row["skills"]),
        overflow_to=tuple(row["overflow_to"]),
        overflow_after=row["overflow_after"],
        offer_for=row["offer_for"],
        version=row["version"],
    )


def _team_row(team: Team) -> dict[str, Any]:
    return {
        "name": team.name,
        "mode": team.mode.value,
        "skills": list(team.skills),
        "overflow_to": list(team.overflow_to),
        "overflow_after": team.overflow_after,
        "offer_for": team.offer_for,
    }

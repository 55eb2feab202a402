"""The page of a person, for everything that is done there and may be refused."""

from typing import Any
from uuid import UUID

from flask import render_template

from engine import clock, holdings
from engine.commands.staffing import PersonSaid
from engine.models import Role
from engine.queries import organisation, roster
from web import administration, i18n
from web.administration import fault_links
from web.request import current_person, reading

_POST, _AWAY = "post-", "away-"


def page(
    person_id: UUID,
    values: dict[str, Any] | None = None,
    *,
    own: dict[str, str] | None = None,
    post: dict[str, str] | None = None,
    away: dict[str, str] | None = None,
) -> str:
    """The page of a person; own, post, away: what is wrong with each of its forms."""
    actor = current_person()
    with reading() as session:
        person, all_ours = roster.person(session, actor, person_id)
        day = i18n.local(clock.now()).date()
        context: dict[str, Any] = {
            "posts": roster.posts_of(session, actor, person_id),
            "absences": roster.absences(session, actor, day, of=person_id),
            "tokens": roster.tokens(session, actor, of=person_id),
            "held": administration.held_by_person(holdings.of_person(session, person_id)),
            "units": administration.units(organisation.choices(session, actor)),
            "colleagues": administration.colleagues(
                [one for one in roster.colleagues(session, actor) if one[0] != person.login]
            ),
        }
    registered = {name: getattr(person, name) for name in PersonSaid.__dataclass_fields__}
    links = fault_links(own or {}) + fault_links(post or {}, _POST) + fault_links(away or {}, _AWAY)
    return render_template(
        "admin/person.html",
        somebody=person,
        names=organisation.texts(person.name_zh, person.name_en),
        all_ours=all_ours,
        values={**registered, "role": str(Role.HANDLER), **(values or {})},
        faults=own or {},
        post_faults=post or {},
        absence_faults=away or {},
        fault_links=links,
        roles=administration.roles(),
        role_name=administration.role_name,
        span=administration.span,
        now=clock.now(),
        **context,
    )

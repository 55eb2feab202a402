"""A contact sent in by another system becomes a case, once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from engine.db import Sessions, reading
from engine.identity import Vault, normal_code
from engine.models import Case, Contact, Idempotency
from tests.story import Story
from tests.web.api.conftest import Api
from tests.web.api.test_door import refused


def contacts(sessions: Sessions) -> int:
    with reading(sessions) as session:
        return session.scalar(select(func.count()).select_from(Contact)) or 0


def test_a_contact_becomes_a_case(
    api: Api, said: dict[str, Any], sessions: Sessions, vault: Vault, story: Story
) -> None:
    answer = api.post("/contacts", said)
    assert answer.status_code == 201
    told = answer.get_json()
    assert set(told) == {"contact", "case", "code"}
    with reading(sessions) as session:
        case = session.scalars(select(Case).where(Case.number == told["case"])).one()
        contact = session.scalars(select(Contact)).one()
        assert case.title == said["title"]
        assert str(contact.id) == told["contact"]
        assert contact.code_hmac == vault.look_up(normal_code(told["code"]))
        assert contact.entered_by == story.actor("li.zhi").id
    assert "陈女士" not in api.get(f"/cases/{told['case']}").text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": "长" * 201}, "title"),
        ({"body": "  "}, "body"),
        ({"channel": "pigeon"}, "channel"),
        ({"category": "unknown"}, "category"),
        ({"reporter": {"phone": "12"}}, "phone"),
        ({"source": "12345"}, "source_id"),
        ({"source": "x" * 101, "source_id": "1"}, "source"),
    ],
)
def test_every_wrong_field_is_named(
    api: Api, said: dict[str, Any], wrong: dict[str, Any], field: str, sessions: Sessions
) -> None:
    told = refused(api.post("/contacts", said | wrong), 422)
    assert set(told["fields"]) == {field}
    assert all(told["fields"][field][language] for language in ("zh", "en"))
    assert contacts(sessions) == 0


def test_an_unknown_pack_is_not_found(api: Api, said: dict[str, Any]) -> None:
    assert refused(api.post("/contacts", said | {"pack": "nowhere"}), 404)["pack"] == "nowhere"


def test_an_entry_of_a_source_is_taken_once(
    api: Api, said: dict[str, Any], sessions: Sessions
) -> None:
    entry = said | {"source": "12345", "source_id": "A-1"}
    first = api.post("/contacts", entry).get_json()
    told = refused(api.post("/contacts", entry), 409)
    assert told["case"] == first["case"]
    assert contacts(sessions) == 1


def test_a_repeat_gets_the_first_answer(api: Api, said: dict[str, Any], sessions: Sessions) -> None:
    first = api.post("/contacts", said, key="k1")
    again = api.post("/contacts", said, key="k1")
    assert first.status_code == again.status_code == 201
    assert first.get_json() == again.get_json()
    assert "Idempotent-Replay" not in first.headers
    assert again.headers["Idempotent-Replay"] == "true"
    assert contacts(sessions) == 1


def test_the_code_is_not_kept_in_the_open(
    api: Api, said: dict[str, Any], sessions: Sessions
) -> None:
    code = api.post("/contacts", said, key="k1").get_json()["code"]
    with reading(sessions) as session:
        kept = session.scalars(select(Idempotency)).one()
    assert kept.answer["body"]["case"]
    assert code not in str(kept.answer)


def test_a_key_used_for_another_request_is_refused(
    api: Api, said: dict[str, Any], sessions: Sessions
) -> None:
    api.post("/contacts", said, key="k1")
    told = refused(api.post("/contacts", said | {"title": "另一件"}, key="k1"), 409)
    assert "key" in told["detail"]
    assert contacts(sessions) == 1


def test_keys_of_two_people_do_not_meet(api: Api, said: dict[str, Any], sessions: Sessions) -> None:
    api.post("/contacts", said, key="k1")
    assert api.post("/contacts", said, by="chu.mi", key="k1").status_code == 201
    assert contacts(sessions) == 2


def test_what_was_refused_may_be_sent_again_under_its_key(api: Api, said: dict[str, Any]) -> None:
    refused(api.post("/contacts", said | {"channel": "pigeon"}, key="k1"), 422)
    assert api.post("/contacts", said, key="k1").status_code == 201


@pytest.mark.parametrize("key", ["x" * 81, "a\tb", "schlüssel"])
def test_a_key_is_short_and_plain(
    api: Api, said: dict[str, Any], key: str, sessions: Sessions
) -> None:
    told = refused(api.post("/contacts", said, key=key), 422)
    assert told["field"] == "Idempotency-Key"
    assert contacts(sessions) == 0


def test_two_at_the_same_moment_do_it_once(
    api: Api, said: dict[str, Any], sessions: Sessions
) -> None:
    headers = {"Authorization": f"Bearer {api.token('li.zhi')}", "Idempotency-Key": "k1"}

    def send(_n: int) -> Any:
        client = api.client.application.test_client()
        return client.post("/api/v1/contacts", json=said, headers=headers)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.get_json()["code"] for answer in answers}) == 1
    assert sum("Idempotent-Replay" in answer.headers for answer in answers) == 3
    assert contacts(sessions) == 1

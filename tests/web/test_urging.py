"""Urging cases from any list: exactly those chosen, a result for each, nobody else's."""

import html
import re

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from tests.story import Story
from tests.web.site import post, sign_in

DISPATCHED = ("complete_record", "screen", "dispatch")
_RESULT = re.compile(
    r'<td class="mut small">([^<]+)</td><td class="t">.*?</td><td>[^<]*</td>'
    r"<td>(?:<span[^>]*>)?([^<]+)"
)


def urge(client: FlaskClient, numbers: list[str], **fields: str) -> tuple[int, str]:
    """Urge these cases: status, and the page that tells what came of each."""
    answer = post(
        client, "/cases/urge", page="/notices", number=numbers, back="/supervision", **fields
    )
    if answer.status_code != 303:
        return answer.status_code, html.unescape(answer.text)
    return 303, html.unescape(client.get(answer.location).text)


def results(page: str) -> dict[str, str]:
    """What came of each, by the number of its case."""
    found = _RESULT.findall(page.partition("<tbody>")[2])
    return {number: words.strip() for number, words in found}


def three(story: Story) -> list[str]:
    """Three cases: with a unit, still with the office, refused."""
    numbers = []
    for steps in (DISPATCHED, ("complete_record",)):
        story.receives().goes_through(*steps)
        numbers.append(story.number)
    story.receives().does("complete_record")
    story.does("screen", opinion="refuse", refusal_reason="not_our_duty")
    story.does("tell_refusal")
    return [*numbers, story.number]


def test_exactly_the_chosen_are_urged_with_a_result_for_each(
    supervisor: FlaskClient, story: Story
) -> None:
    numbers = three(story)
    story.receives().does("complete_record")
    status, page = urge(supervisor, numbers, said="市民今天又来电。")
    assert status == 303
    assert "已催办 2 件；1 件没有做，原因在下面" in page
    told = results(page)
    assert told[numbers[0]].startswith("催了")
    assert told[numbers[1]] == "催了 1 步"
    assert told[numbers[2]] == "现在没有等人办的一步"
    assert len(told) == 3
    assert "task.urged" not in story.events(), "this one was not chosen"
    again = results(urge(supervisor, numbers)[1])
    assert "刚催过，过 4 小时再催" in again[numbers[0]]


def test_a_ladder_is_started_for_each_with_its_reason(
    supervisor: FlaskClient, story: Story
) -> None:
    numbers = three(story)
    status, page = urge(supervisor, numbers, how="phone")
    assert status == 422
    assert "写一句为什么督办。" in page
    assert page.count('name="number"') == 3, "nothing that was chosen is lost"
    status, page = urge(supervisor, numbers, how="phone", said="一周没有动静。")
    assert status == 303
    told = results(page)
    assert [told[number] for number in numbers] == ["开了督办", "开了督办", "已经办结或不在这里了"]
    assert f"/supervision/{numbers[0]}-D1" in page
    again = results(urge(supervisor, numbers[:1], how="phone", said="再催。")[1])
    assert again == {numbers[0]: "同一种督办已经开着"}


def test_a_form_sent_twice_urges_once(supervisor: FlaskClient, story: Story) -> None:
    story.receives().goes_through(*DISPATCHED)
    pages = [urge(supervisor, [story.number], request_token="the same form")[1] for _ in range(2)]
    assert results(pages[0]) == results(pages[1])
    assert story.events().count("task.urged") == int(re.search(r"催了 (\d)", pages[0])[1])  # type: ignore[index]


def test_what_is_not_ones_own_to_open_is_not_among_the_chosen(app: APIFlask, story: Story) -> None:
    story.receives().does("complete_record")
    client = app.test_client()
    sign_in(client, "shui.dian")
    answer = client.get(f"/cases/urge?number={story.number}&number=GL-20260101-000001")
    assert answer.status_code == 303, "a unit knows nothing of it yet"
    status, page = urge(client, [story.number], how="phone", said="试试")
    assert status == 303
    assert "没有选中诉求。" in page
    assert not story.supervisions()


def test_who_may_not_supervise_only_urges(app: APIFlask, story: Story) -> None:
    story.receives().goes_through(*DISPATCHED)
    client = app.test_client()
    sign_in(client, "chu.mi")
    page = client.get(f"/cases/urge?number={story.number}").text
    assert 'value="phone"' not in page
    assert urge(client, [story.number], how="phone", said="试试")[0] == 422
    assert not story.supervisions()
    assert results(urge(client, [story.number])[1])[story.number].startswith("催了")


def test_what_came_of_it_is_told_to_nobody_else(app: APIFlask, story: Story) -> None:
    story.receives().goes_through(*DISPATCHED)
    client = app.test_client()
    sign_in(client, "du.cheng")
    answer = post(client, "/cases/urge", page="/notices", number=[story.number])
    other = app.test_client()
    sign_in(other, "chu.mi")
    assert other.get(answer.location).status_code == 404
    act = answer.location.rsplit("/", 1)[1].partition("?")[0]
    assert client.get(f"/inbox/acts/{act}").status_code == 404, "it is no act on tasks"


@pytest.mark.parametrize("url", ["/supervision", "/cases"])
def test_each_list_offers_it(supervisor: FlaskClient, story: Story, url: str) -> None:
    story.receives().goes_through(*DISPATCHED).passes(days=8)
    page = supervisor.get(url).text
    assert 'action="/cases/urge"' in page
    assert f'name="number" value="{story.number}" form="many"' in page

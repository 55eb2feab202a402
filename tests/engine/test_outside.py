"""Notices leave the office: bundled, in office hours, at least once, under one id."""

import base64
import datetime as dates
import hashlib
import hmac
import json
import ssl
import time
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import select, update

from engine import clock
from engine.commands import notice_board, notices, people, planning
from engine.commands.notice_board import Wanted
from engine.commands.notices import MOST_ATTEMPTS
from engine.commands.telling import tell
from engine.db import reading, transaction
from engine.journal import Journal
from engine.models import Case, Notice, OutboxNotice, Person, Unit
from engine.notice_kinds import Channel, NoticeKind
from engine.outside.post import Post
from engine.outside.webhook import signature
from engine.ways_out import Receiver, Smtp, Ways
from engine.worker import Worker
from tests import processes
from tests.conftest import CHINA
from tests.outside import mail_server, receiver

pytestmark = [pytest.mark.both, pytest.mark.story]
UNIT = "utilities_bureau"
URL = "https://huiyin.example"
NIGHT = dates.datetime(2026, 11, 2, 22, 0, tzinfo=CHINA)


@pytest.fixture
def second(story):
    with transaction(story.sessions) as session:
        people.add_person(
            session, "second", "何二", name_en="He Er", memberships=[(UNIT, "handler")]
        )
        session.execute(
            update(Person)
            .where(Person.login == "second")
            .values(email="he.er@city.example", mobile="13700000000")
        )
    return story.actor("second")


@pytest.fixture
def office(story, tmp_path):
    """A worker that is connected to these ways."""

    def connected(**ways):
        post = Post(story.sessions, Journal(tmp_path / "out.jsonl"), Ways(**ways), URL)
        return Worker(story.sessions, post, "out", channels=post.channels)

    return connected


def smtp(box, **more):
    return Smtp("127.0.0.1", box.port, "office@city.example", security="none", **more)


def say(story, *persons, kind="mention", **more):
    with transaction(story.sessions) as session:
        tell(session, [one.id for one in persons], kind, case_id=more.pop("case_id", None), **more)


def outbox(story, kind="notice."):
    with reading(story.sessions) as session:
        return session.scalars(
            select(OutboxNotice).where(OutboxNotice.kind.startswith(kind)).order_by(OutboxNotice.id)
        ).all()


# Mail ------------------------------------------------------------------------------------------


def test_several_within_a_while_come_as_one_letter_with_links(story, second, office):
    story.receives().goes_through("complete_record", "screen", "dispatch")
    task = story.task("sign").id
    with mail_server() as box:
        worker = office(smtp=smtp(box))
        by = story.actor("pai.yun")
        say(story, second, kind="assigned", case_id=story.case.id, task_id=task, by=by.id)
        worker.drain()
        assert not box.letters, "more may come"
        story.clock.advance(minutes=9)
        say(story, second, kind="mention", case_id=story.case.id)
        story.clock.advance(minutes=2)
        worker.drain()
    [letter] = box.letters
    assert box.to == ["he.er@city.example"]
    assert letter["Subject"] == "回音：2 条通知"
    assert letter["From"] == "office@city.example"
    assert letter["Auto-Submitted"] == "auto-generated"
    text = letter.get_content()
    assert text.startswith("何二，您好：\n")
    assert f"{by.name_zh}派给您：签收" in text
    assert f"{URL}/tasks/{task}" in text
    assert f"{URL}/cases/{story.number}" in text
    assert f"{URL}/notices/settings" in text
    [row] = outbox(story, "notice.email")
    assert letter["Message-ID"] == f"<{row.id.hex}@city.example>"
    assert (row.sent_at, row.last_error) == (story.clock.at, "")


def test_each_is_written_to_in_the_own_language(story, second, office):
    with transaction(story.sessions) as session:
        people.add_person(session, "third", "三", name_en="San", memberships=[(UNIT, "handler")])
        session.execute(
            update(Person)
            .where(Person.login == "third")
            .values(email="san@city.example", language="en")
        )
        notice_board.choose(session, Wanted({}, language="en"), by=second)
    with mail_server() as box:
        say(story, second, story.actor("third"), kind="assigned")
        story.clock.advance(minutes=11)
        office(smtp=smtp(box)).drain()
    assert {letter["Subject"] for letter in box.letters} == {"Huiyin: Work was assigned to you"}
    assert {letter["Content-Language"] for letter in box.letters} == {"en"}
    assert {letter.get_content().splitlines()[0] for letter in box.letters} == {
        "Dear He Er,",
        "Dear San,",
    }


def test_a_letter_that_was_sent_and_not_noted_comes_again_under_its_id(story, second, office):
    with mail_server() as box:
        worker = office(smtp=smtp(box))
        say(story, second)
        story.clock.advance(minutes=11)
        worker.plan_messages()
        with transaction(story.sessions) as session:
            [leased] = notices.lease(session)
        worker.sender.send(leased)  # and the worker dies before it could note that
        story.clock.advance(seconds=31)
        office(smtp=smtp(box)).drain()
    first, again = box.letters
    assert first["Message-ID"] == again["Message-ID"]
    assert bytes(first) == bytes(again)


@pytest.mark.slow
def test_a_worker_that_is_killed_behind_a_letter_sends_it_again_under_its_id(
    story, second, database_url, tmp_path
):
    say(story, second, kind="urged", urgent=True)
    with transaction(story.sessions) as session:
        planning.plan(session, [Channel.EMAIL])
        session.execute(update(OutboxNotice).values(next_at=NIGHT - timedelta(days=9)))
    office = processes.Office(tmp_path, database_url)
    with mail_server() as box:
        ways = {
            "HUIYIN_SMTP_HOST": "127.0.0.1",
            "HUIYIN_SMTP_PORT": str(box.port),
            "HUIYIN_SMTP_SECURITY": "none",
            "HUIYIN_SMTP_FROM": "office@city.example",
            "HUIYIN_REHEARSAL": "",
        }
        with office.running("worker", HUIYIN_FAULT="after-outbox-send", **ways) as doomed:
            assert doomed.wait(60) == -9
        [row] = outbox(story, "notice.email")
        assert (row.sent_at, len(box.letters)) == (None, 1), "sent, and nobody noted it"
        with transaction(story.sessions) as session:
            session.execute(update(OutboxNotice).values(claimed_until=None))  # its lease ended
        with office.running("worker", **ways):
            for _ in range(600):
                [row] = outbox(story, "notice.email")
                if row.sent_at is not None:
                    break
                time.sleep(0.1)
    first, again = box.letters
    assert first["Message-ID"] == again["Message-ID"] == f"<{row.id.hex}@city.example>"


def test_a_server_that_is_away_is_tried_again_until_it_is_given_up(story, second, office):
    with mail_server() as box:
        gone = smtp(box)
    worker = office(smtp=gone)
    say(story, second)
    story.clock.advance(minutes=11)
    for attempt in range(MOST_ATTEMPTS):
        [row] = outbox(story, "notice.email") or [None]
        if row is not None:
            assert row.next_at > clock.now()
            story.clock.set(row.next_at)
        worker.drain()
        [row] = outbox(story, "notice.email")
        assert (row.attempts, row.last_error) == (attempt + 1, "ConnectionRefusedError")
    assert (row.next_at, row.sent_at) == (None, None), "given up, for an operator to see"
    story.clock.advance(days=9)
    assert worker.send_notices() == 0


def test_an_address_that_is_refused_is_given_up_at_once_and_sent_again_by_hand(
    story, second, office
):
    with mail_server() as box:
        worker = office(smtp=smtp(box))
        box.refuse = b"550 nobody here"
        say(story, second)
        story.clock.advance(minutes=11)
        worker.drain()
        [row] = outbox(story, "notice.email")
        assert (row.next_at, row.last_error) == (None, "address refused 550")
        box.refuse = b""
        operator = story.actor("guan.li")
        with transaction(story.sessions) as session:
            notices.send_again(session, row.id, by=operator)
        worker.drain()
    assert [letter["Message-ID"] for letter in box.letters] == [f"<{row.id.hex}@city.example>"]


@pytest.mark.parametrize("answer", [b"451 later", b"421 away"])
def test_a_server_that_is_busy_is_asked_later(story, second, office, answer):
    with mail_server() as box:
        box.refuse = answer
        worker = office(smtp=smtp(box))
        say(story, second)
        story.clock.advance(minutes=11)
        worker.drain()
    [row] = outbox(story, "notice.email")
    assert row.next_at == story.clock.at + notices.FIRST_WAIT


def test_a_letter_that_is_refused_itself_is_given_up(story, second, office):
    with mail_server() as box:
        box.refuse_letters = b"554 spam"
        say(story, second)
        story.clock.advance(minutes=11)
        office(smtp=smtp(box)).drain()
    [row] = outbox(story, "notice.email")
    assert (row.next_at, row.last_error) == (None, "letter refused 554")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_goes_over_tls_and_believes_only_known_certificates(
    story, second, office, tmp_path, security
):
    context, ca = _certificate(tmp_path)
    with mail_server(context, at_once=security == "tls") as box:
        way = replace(smtp(box, user="u", password="p"), security=security)
        stranger, known = office(smtp=way), office(smtp=replace(way, ca=ca))
        say(story, second)
        story.clock.advance(minutes=11)
        stranger.drain()
        assert not box.letters
        assert not box.users, "no password for a server that nobody vouches for"
        [row] = outbox(story, "notice.email")
        assert row.last_error == "SSLCertVerificationError"
        story.clock.set(row.next_at)
        known.drain()
    assert len(box.letters) == 1
    assert box.secured
    assert base64.b64decode(box.users[0]) == b"\0u\0p"


# When ------------------------------------------------------------------------------------------


def test_at_night_only_what_is_urgent_goes_out(story, second, office):
    story.clock.set(NIGHT)
    with mail_server() as box:
        worker = office(smtp=smtp(box))
        say(story, second, kind="mention")
        say(story, second, kind="urged", urgent=True)
        worker.drain()
        assert [letter["Subject"] for letter in box.letters] == ["回音：请尽快办"]
        story.clock.advance(hours=2)
        say(story, second, kind="assigned")
        story.clock.advance(hours=2)
        worker.drain()
        assert len(box.letters) == 1
        story.clock.set(dates.datetime(2026, 11, 3, 9, 0, tzinfo=CHINA))
        worker.drain()
    assert [letter["Subject"] for letter in box.letters][1:] == ["回音：2 条通知"]


def test_the_units_own_hours_count_and_a_person_may_want_all_hours(story, second, office):
    with transaction(story.sessions) as session:
        session.execute(update(Unit).where(Unit.key == UNIT).values(hours="21:00-23:00"))
    story.clock.set(NIGHT)
    with mail_server() as box:
        worker = office(smtp=smtp(box))
        say(story, second)
        story.clock.advance(minutes=11)
        worker.drain()
        assert len(box.letters) == 1
        story.clock.set(NIGHT + timedelta(hours=4))
        say(story, second)
        story.clock.advance(minutes=11)
        worker.drain()
        assert len(box.letters) == 1
        with transaction(story.sessions) as session:
            notice_board.choose(session, Wanted({}, any_hour=True), by=second)
            session.execute(update(Notice).values(plan_at=clock.now()))
        worker.drain()
    assert len(box.letters) == 2


def test_what_was_read_in_the_office_meanwhile_is_not_mailed(story, second, office):
    with mail_server() as box:
        say(story, second)
        story.clock.advance(minutes=5)
        with transaction(story.sessions) as session:
            notice_board.read_all(session, by=second)
        story.clock.advance(minutes=6)
        office(smtp=smtp(box)).drain()
    assert not box.letters
    assert not outbox(story)


def test_who_has_left_gets_no_mail(story, second, office):
    with mail_server() as box:
        worker = office(smtp=smtp(box))
        say(story, second)
        story.clock.advance(minutes=11)
        worker.plan_messages()
        with transaction(story.sessions) as session:
            session.execute(update(Person).where(Person.login == "second").values(active=False))
        worker.drain()
        say(story, second)
        story.clock.advance(minutes=11)
        worker.drain()
    assert not box.letters
    assert all(row.next_at is None for row in outbox(story))


def test_more_than_a_letter_holds_comes_in_several(story, second, office):
    with mail_server() as box:
        for n in range(planning.MOST + 1):
            say(story, second, origin=str(n))
        story.clock.advance(minutes=11)
        office(smtp=smtp(box)).drain()
    assert len(box.letters) == 2


# What is kept in the office ---------------------------------------------------------------------


def test_no_text_or_name_of_a_citizen_and_nothing_of_a_sealed_case_leaves(
    story, second, office, tmp_path
):
    said = "我儿子在学校被打"
    story.receives(title=said, body=said * 3, name="欧阳女士", phone="13912345678")
    story.goes_through("complete_record", "screen", "dispatch")
    open_case = story.case
    story.receives(name="别人", phone="13800002222")
    sealed, number = story.case, story.number
    every = {kind: [str(one) for one in Channel] for kind in NoticeKind}
    with transaction(story.sessions) as session:
        notice_board.choose(session, Wanted(every), by=second)
    for case in (open_case, sealed):
        say(story, second, kind="assigned", case_id=case.id)
    with transaction(story.sessions) as session:
        session.execute(
            update(Case).where(Case.id == sealed.id).values(sealed=True, office_key="qd_discipline")
        )
    with mail_server() as box, receiver() as hook, receiver() as sms:
        worker = office(smtp=smtp(box), webhook=Receiver(hook.url, "s"), sms=Receiver(sms.url, "t"))
        story.clock.advance(minutes=11)
        worker.drain()
    assert len(box.letters) == len(hook.asked) == len(sms.asked) == 1
    out = [
        str(box.letters[0]["Subject"]) + box.letters[0].get_content(),
        hook.asked[0].body.decode(),
        sms.asked[0].body.decode(),
    ]
    for text in out:
        assert open_case.number in text
        assert number not in text
        for secret in (said, "欧阳", "13912345678", story.case.title):
            assert secret not in text


# Webhook and short messages ----------------------------------------------------------------------


def test_a_webhook_gets_signed_json_and_again_under_the_same_key(story, second, office):
    with receiver() as hook:
        hook.answers = [503, 200]
        worker = office(webhook=Receiver(hook.url, "a secret"))
        say(story, second, kind="urged", urgent=True)
        worker.drain()
        [row] = outbox(story, "notice.webhook")
        assert (row.last_error, row.attempts) == ("TryLater", 1)
        story.clock.set(row.next_at)
        worker.drain()
    first, again = hook.asked
    assert first.path == "/take?from=huiyin"
    assert first.body == again.body
    assert {one.headers["Idempotency-Key"] for one in hook.asked} == {row.id.hex}
    told = json.loads(again.body)
    assert told["to"] == {"login": "second", "name": "何二"}
    assert [one["sentence"] for one in told["notices"]] == ["请尽快办"]
    stamp, proof = again.headers["X-Huiyin-Signature"].split(",")
    assert stamp == f"t={int(story.clock.at.timestamp())}"
    asked = f"{stamp[2:]}.".encode() + again.body
    assert proof == f"v1={hmac.new(b'a secret', asked, hashlib.sha256).hexdigest()}"
    assert proof != f"v1={signature('another', int(stamp[2:]), again.body)}"


@pytest.mark.parametrize(("answer", "given_up"), [(404, True), (302, True), (429, False)])
def test_a_receiver_that_refuses_is_believed(story, second, office, answer, given_up):
    with receiver() as hook:
        hook.answers = [answer]
        say(story, second, kind="urged", urgent=True)
        office(webhook=Receiver(hook.url, "s")).drain()
    [row] = outbox(story, "notice.webhook")
    assert (row.next_at is None) == given_up
    assert len(hook.asked) == 1, "nobody is led elsewhere"


def test_a_gateway_gets_number_and_text(story, second, office):
    with receiver() as sms:
        say(story, second, kind="urged", urgent=True)
        office(sms=Receiver(sms.url, "token")).drain()
    [asked] = sms.asked
    assert asked.headers["Authorization"] == "Bearer token"
    [row] = outbox(story, "notice.sms")
    assert json.loads(asked.body) == {
        "id": row.id.hex,
        "to": "13700000000",
        "text": "【回音】请尽快办。请登录办理。",
        "language": "zh",
    }


def test_without_a_gateway_short_messages_stand_in_the_journal(story, second, office, tmp_path):
    say(story, second, kind="urged", urgent=True)
    say(story, second, kind="urged", urgent=True)
    office().drain()
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    [line] = [one for one in lines if one["kind"] == "notice.sms"]
    assert line["payload"] == {
        "to": "second",
        "text": "【回音】请尽快办，等共 2 条通知。请登录办理。",
        "language": "zh",
    }
    assert "13700000000" not in json.dumps(lines)
    assert not outbox(story, "notice.email"), "not connected"


def test_who_has_no_address_is_told_in_the_office_only(story, office):
    handler = story.actor("shui.dian")
    with mail_server() as box:
        say(story, handler, kind="urged", urgent=True)
        office(smtp=smtp(box)).drain()
    assert not box.letters
    assert not outbox(story)


def test_what_cannot_be_put_into_words_holds_up_no_other(story, second, office):
    with mail_server() as box:
        worker = office(smtp=smtp(box))
        say(story, second, kind="urged", urgent=True)
        with transaction(story.sessions) as session:
            session.execute(update(Notice).values(payload={"due": "never"}))
        worker.drain()
        say(story, second, kind="interview")
        worker.drain()
    assert [letter["Subject"] for letter in box.letters] == ["回音：约谈"]
    assert sorted(row.last_error for row in outbox(story, "notice.email")) == ["", "ValueError"]


def _certificate(folder):
    """A server's context with a certificate of its own, and the file that vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = dates.datetime(2020, 1, 1, tzinfo=dates.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(made)
        .not_valid_after(made + timedelta(days=365 * 100))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    ca, secret = folder / "ca.pem", folder / "key.pem"
    ca.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca, secret)
    return context, ca

"""The ways out of the office are read once, and a wrong one is named."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from engine.commands.notices import Undeliverable
from engine.errors import InvalidInput
from engine.outside.mail import Mailer
from engine.queries.notices import Letter
from engine.settings import Settings
from engine.ways_out import Receiver, Smtp, Ways


def test_ways_are_read_from_the_environment(tmp_path):
    ca = tmp_path / "ca.pem"
    ca.write_text("x")
    ways = Settings.from_env(
        {
            "HUIYIN_SMTP_HOST": "mail.city.example",
            "HUIYIN_SMTP_FROM": "office@city.example",
            "HUIYIN_SMTP_USER": "u",
            "HUIYIN_SMTP_PASSWORD": "p",
            "HUIYIN_WEBHOOK_URL": "https://oa.city.example/hook",
            "HUIYIN_WEBHOOK_SECRET": "s",
            "HUIYIN_SMS_URL": "http://10.0.0.5:8080/send",
            "HUIYIN_SMS_TOKEN": "t",
            "HUIYIN_CA_FILE": str(ca),
        }
    ).ways
    sender = "office@city.example"
    assert ways.smtp == Smtp("mail.city.example", 587, sender, "starttls", "u", "p", ca)
    assert ways.webhook == Receiver("https://oa.city.example/hook", "s", ca)
    assert ways.sms == Receiver("http://10.0.0.5:8080/send", "t", ca)
    assert "'p'" not in repr(ways)
    assert Settings.from_env({}).ways == Ways()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUIYIN_SMTP_HOST", "a b"),
        ("HUIYIN_SMTP_SECURITY", "ssl"),
        ("HUIYIN_SMTP_FROM", "nobody"),
        ("HUIYIN_SMTP_PORT", "0"),
        ("HUIYIN_WEBHOOK_URL", "ftp://x"),
        ("HUIYIN_WEBHOOK_SECRET", ""),
        ("HUIYIN_SMS_URL", "here"),
        ("HUIYIN_SMS_TOKEN", ""),
        ("HUIYIN_CA_FILE", "/nowhere/ca.pem"),
    ],
)
def test_a_wrong_setting_is_named(name, value):
    whole = {
        "HUIYIN_SMTP_HOST": "mail.city.example",
        "HUIYIN_SMTP_FROM": "office@city.example",
        "HUIYIN_WEBHOOK_URL": "https://oa.city.example/hook",
        "HUIYIN_WEBHOOK_SECRET": "s",
        "HUIYIN_SMS_URL": "https://sms.city.example",
        "HUIYIN_SMS_TOKEN": "t",
    }
    with pytest.raises(InvalidInput, match=name):
        Ways.from_env({**whole, name: value})


def test_a_letter_without_an_address_is_given_up():
    letter = Letter(
        UUID(int=1), "second", "何二", "a\nb@c", "", "zh", (), datetime(2026, 11, 2, tzinfo=UTC)
    )
    with pytest.raises(Undeliverable):
        Mailer(Smtp("127.0.0.1", 9, "office@city.example")).send(letter)

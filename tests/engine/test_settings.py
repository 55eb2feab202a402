"""Settings are read once, and a wrong one is named."""

from pathlib import Path

import pytest

from engine.errors import InvalidInput
from engine.settings import Settings


def test_without_a_word_everything_has_its_usual_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_env({})
    assert settings.home == tmp_path / "var"
    assert settings.database_url == f"sqlite:///{tmp_path / 'var' / 'huiyin.db'}"
    assert (settings.port, settings.proxies, settings.timezone) == (8000, 0, "Asia/Shanghai")
    assert (settings.secret_key, settings.fault, settings.rehearsal) == ("", "", False)


def test_every_variable_is_read(tmp_path):
    settings = Settings.from_env(
        {
            "HUIYIN_HOME": str(tmp_path),
            "HUIYIN_DATABASE_URL": "postgresql://city/huiyin",
            "HUIYIN_PORT": "8080",
            "HUIYIN_SECRET_KEY": "s",
            "HUIYIN_TIMEZONE": "Asia/Urumqi",
            "HUIYIN_REHEARSAL": "1",
            "HUIYIN_PROXIES": "2",
            "HUIYIN_PUBLIC_URL": "https://huiyin.example/city/",
            "HUIYIN_FAULT": "before-commit",
            "HUIYIN_SCANNER": "clamdscan --fdpass",
            "HUIYIN_SCANNER_SECONDS": "9",
        }
    )
    assert settings == Settings(
        home=tmp_path.resolve(),
        database_url="postgresql://city/huiyin",
        port=8080,
        secret_key="s",
        timezone="Asia/Urumqi",
        rehearsal=True,
        proxies=2,
        public_url="https://huiyin.example/city",
        fault="before-commit",
        scanner="clamdscan --fdpass",
        scanner_seconds=9,
    )


def test_an_empty_variable_is_as_good_as_none():
    names = ("HOME", "DATABASE_URL", "PORT", "SECRET_KEY", "TIMEZONE", "REHEARSAL", "PROXIES")
    assert Settings.from_env({f"HUIYIN_{name}": "" for name in names}) == Settings.from_env({})


def test_a_relative_home_is_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_env({"HUIYIN_HOME": "here"})
    assert settings.home == tmp_path / "here"
    assert Path(settings.database_url.removeprefix("sqlite:///")).is_absolute()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUIYIN_SCANNER", "clamdscan 'open"),
        ("HUIYIN_SCANNER_SECONDS", "0"),
        ("HUIYIN_PUBLIC_URL", "huiyin.example"),
        ("HUIYIN_PUBLIC_URL", "ftp://huiyin.example"),
        ("HUIYIN_PUBLIC_URL", "https://huiyin.example/ä"),
        ("HUIYIN_PUBLIC_URL", "https://" + "x" * 300),
        ("HUIYIN_PORT", "0"),
        ("HUIYIN_PORT", "65536"),
        ("HUIYIN_PORT", "-1"),
        ("HUIYIN_PORT", "80.5"),
        ("HUIYIN_PORT", "http"),
        ("HUIYIN_PORT", "²"),
        ("HUIYIN_PORT", "9" * 5000),
        ("HUIYIN_PROXIES", "6"),
        ("HUIYIN_PROXIES", "one"),
    ],
)
def test_a_wrong_number_is_refused_by_the_name_of_its_variable(name, value):
    with pytest.raises(InvalidInput) as caught:
        Settings.from_env({name: value})
    assert caught.value.field == name
    assert len(caught.value.found) <= 40


@pytest.mark.parametrize("value", ["0", "no", "false", "", "nonsense", "True"])
def test_only_a_plain_yes_lets_the_clock_be_moved(value):
    assert not Settings.from_env({"HUIYIN_REHEARSAL": value}).rehearsal


def test_settings_do_not_change_once_read():
    with pytest.raises(AttributeError):
        Settings.from_env({}).port = 1

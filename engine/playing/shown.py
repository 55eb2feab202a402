"""Cases laid down so that everybody of a city finds something to do: how far each has come.

The hand-written ones of Guilin are in `plots`. Each step is an element, or several of which the
city has one, and the choice made there; `ask` and `ask_extension` are no tasks.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shown:
    """One case: through a channel, for a unit; `back` and `just_now` as in a plot."""

    channel: str
    unit: str
    back: int
    steps: tuple[tuple[int, str, str], ...] = ()
    just_now: int | None = None


def _steps(*told: str) -> tuple[tuple[int, str, str], ...]:
    """Steps an hour of office time apart, each as `element` or `element=choice`."""
    parts = (one.partition("=") for one in told)
    return tuple((1, element, choice) for element, _, choice in parts)


_TAKEN = ("complete_record",)
_GOVERNMENT = (*_TAKEN, "first_screen=government", "dispatch=right")
_MEDIA = (*_TAKEN, "first_screen=media", "urge_unit=right")
_PETITION = (*_TAKEN, "first_screen=petition", "pass_on=right")
_HANDLED = ("sign", "contact_citizen", "handle", "write_answer=good")
_RETURNED = ("sign=return", "dispatch=wrong", "sign=return", "dispatch=right", "sign=return")

SHOWN: dict[str, tuple[Shown, ...]] = {
    "gl-jindianzi": (
        Shown(
            "letter",
            "qixing",
            1,
            _steps(*_TAKEN, "screen=accept", "dispatch=right", *_HANDLED, "review_answer=batch"),
        ),
    ),
    "qd-sanwo-5": (
        Shown("phone", "qd_water_bureau", 0, just_now=12),
        Shown("petition", "qd_housing_bureau", 0, just_now=34),
        Shown("newspaper", "qd_urban_bureau", 0, just_now=47),
        Shown("tv", "qd_traffic_bureau", 0, _steps(*_TAKEN)),
        Shown("phone", "qd_pingdu", 0, _steps(*_TAKEN, "first_screen=government")),
        Shown("petition", "qd_laixi", 11, _steps(*_PETITION, "sign", "contact_citizen")),
        Shown("tv", "qd_jiaozhou", 11, _steps(*_MEDIA, "sign", "contact_citizen")),
        Shown("petition", "qd_shibei", 0, _steps(*_TAKEN, "first_screen=petition")),
        Shown("petition", "qd_licang", 1, _steps(*_PETITION, *_HANDLED)),
        Shown("newspaper", "qd_urban_team", 1, _steps(*_MEDIA, *_HANDLED, "review_answer=batch")),
        Shown("tv", "qd_market_bureau", 1, _steps(*_MEDIA, *_HANDLED, "review_answer=batch")),
        Shown("phone", "qd_laoshan", 1, _steps(*_GOVERNMENT, *_HANDLED, "review_answer=batch")),
        Shown("mailbox", "qd_jimo", 1, _steps(*_GOVERNMENT, *_HANDLED, "review_answer=public")),
        Shown(
            "phone",
            "qd_education_bureau",
            0,
            _steps(*_GOVERNMENT, "sign", "contact_citizen", "ask_extension", "request_extension"),
        ),
        Shown("web", "qd_chengyang", 3, _steps(*_GOVERNMENT, *_RETURNED)),
        Shown(
            "phone",
            "qd_health_bureau",
            3,
            _steps(*_GOVERNMENT, "sign", "contact_citizen", "ask=interview"),
        ),
        Shown("board", "qd_xihaian", 2, _steps(*_TAKEN, "first_screen=discipline")),
        Shown(
            "phone",
            "qd_shinan",
            1,
            _steps(*_GOVERNMENT, *_HANDLED, "review_answer=direct", "answer_directly"),
        ),
    ),
}

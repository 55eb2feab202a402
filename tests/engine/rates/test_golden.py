"""The arithmetic of reports that were printed, from cases made for it."""

from datetime import date

import pytest

from engine.db import reading
from engine.rates.balancing import balance
from engine.rates.figures import days_between
from tests.engine.rates.constructed import Constructed


def told(figure, decimals=1):
    return f"{figure.percent:.{decimals}f}"


@pytest.mark.both
@pytest.mark.story
def test_one_month_is_78_6_percent_of_slips_and_68_6_of_what_was_received(sessions):
    office = Constructed(sessions).cases(5217, "closed", slip=True).cases(1421, "open", slip=True)
    office.cases(962, "open")
    of_slips, of_received = office.counted("closing"), office.counted("closing", "lf-ssjt")
    assert (of_slips.numerator, of_slips.denominator) == (5217, 6638)
    assert told(of_slips) == "78.6"
    assert (of_received.numerator, of_received.denominator) == (5217, 7600)
    assert told(of_received) == "68.6"
    assert told(office.counted("closing_of_received")) == "68.6"
    assert told(office.counted("screening")) == "87.3"
    assert of_slips.missed == 1421


@pytest.mark.both
@pytest.mark.story
def test_what_was_handed_over_balances_685_683_85_598(sessions):
    city = Constructed(sessions, "qd-sanwo-5")
    city.cases(598, "closed", slip=True).cases(85, slip=True).cases(2, "refused")
    accepted, closed = city.counted("handover_accepted"), city.counted("handover_closing")
    assert (accepted.numerator, accepted.denominator, accepted.missed) == (683, 685, 2)
    assert (closed.numerator, closed.denominator, closed.missed) == (598, 683, 85)
    assert told(closed) == "87.6"
    with reading(sessions) as session:
        whole = balance(session)
    assert whole.received == 685 == whole.refused + whole.merged + whole.open + whole.closed
    assert (whole.refused, whole.open, whole.closed) == (2, 85, 598)


@pytest.mark.both
@pytest.mark.story
@pytest.mark.parametrize("times", [1, pytest.param(10, marks=pytest.mark.slow)])
def test_300_answers_are_56_6_percent_of_the_printed_and_2_1_of_the_received(sessions, times):
    # 300 answers to 530 printed of 14,000 received; in the short suite a tenth of them.
    city = Constructed(sessions, "qd-sanwo-5").cases(30 * times, slip=True, answered=True)
    city.cases(23 * times, slip=True).cases(1_347 * times)
    assert told(city.counted("feedback")) == "56.6"
    of_all = city.counted("feedback_of_received")
    assert (of_all.numerator, of_all.denominator) == (30 * times, 1_400 * times)
    assert told(of_all) == "2.1"


@pytest.mark.both
@pytest.mark.story
def test_8_of_87_is_9_percent_and_8_of_99_is_8(sessions):
    office = Constructed(sessions)
    office.cases(8, "closed", mark=2).cases(79, "closed", mark=4)
    office.cases(12, "closed", mark=4, channel="web")
    of_hotline = office.counted("dissatisfaction", "ah-ningguo")
    assert (of_hotline.numerator, of_hotline.denominator) == (8, 87)
    one = office.definition("dissatisfaction", "ah-ningguo")
    assert told(of_hotline, one.decimals) == "9"
    of_all = office.counted("dissatisfaction")
    assert (of_all.numerator, of_all.denominator) == (8, 99)
    assert told(of_all) == "8.1"


def test_from_25_july_to_14_august_are_20_days_or_19():
    first, last = date(2022, 7, 25), date(2022, 8, 14)
    assert days_between(first, last, "from_next_day") == 20
    assert days_between(first, last, "between") == 19
    assert days_between(first, last, "both_counted") == 21

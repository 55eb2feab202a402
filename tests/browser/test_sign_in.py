import pytest

pytestmark = pytest.mark.browser


def test_the_sign_in_page_is_whole(visit):
    who = visit().opens("/sign-in")
    assert who.width_is_kept()
    assert who.axe() == []

"""What real people send again, word for word, is offered as a duplicate at screening."""

import os
import re
from collections import defaultdict
from pathlib import Path

import pytest
from sqlalchemy import select

from engine.db import reading
from engine.models import Case
from engine.queries import alike, people

TRIAL_DATA = os.environ.get("HUIYIN_TRIAL_DATA", "")
MESSAGES = (
    "taidi2020c/messages_labelled_raw.csv.gz",
    "taidi2020c/hot_messages_until_2019-06.csv.gz",
    "fuzhou12345_rivers/fuqing_liuyan_2021.csv",
)
SCREENER = "chu.mi"


@pytest.mark.skipif(not TRIAL_DATA, reason="HUIYIN_TRIAL_DATA does not name a folder of trial data")
def test_real_messages_that_came_again_are_offered(cli, tmp_path, sessions):
    for name in MESSAGES:
        cli.well(
            "import",
            str(Path(TRIAL_DATA) / name),
            *("--pack", "gl-jindianzi", "--refused", str(tmp_path / "refused.csv")),
        )
    with reading(sessions) as session:
        screener = people.by_login(session, SCREENER)
        cases = session.scalars(select(Case).order_by(Case.id)).all()
        assert all(screener.acts_for("screener", case.office_key) for case in cases)
        groups = defaultdict(list)
        for case in cases:
            groups[re.sub(r"\W|_", "", case.title + case.body)].append(case)
        again = [group for group in groups.values() if len(group) > 1]
        assert again, "people do send things again"
        asked = offered = 0
        for group in again:
            numbers = {case.number for case in group}
            for case in group:
                found = alike.found(
                    session,
                    screener,
                    case.office_key,
                    title=case.title,
                    body=case.body,
                    place=case.place,
                    category=case.category,
                    besides=case.id,
                )
                asked += 1
                offered += any(one.number in numbers and "same" in one.by for one in found)
    told = f"{len(cases)} cases; {len(again)} texts came {asked} times; {offered} offered"
    assert offered == asked, told
    (tmp_path / "told.txt").write_text(told, "utf-8")

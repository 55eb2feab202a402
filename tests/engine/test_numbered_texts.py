"""A message that numbers what it asks for shows where to cut it."""

import pytest

from engine.commands import splitting


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "您好，反映三件事。一、路灯不亮。二、井盖响，晚上睡不着。三、公交站牌倒了。",
            ["您好，反映三件事。路灯不亮。", "井盖响，晚上睡不着。", "公交站牌倒了。"],
        ),
        ("油烟大。另外，路灯也不亮。", ["油烟大。", "路灯也不亮。"]),
        ("路灯不亮\n井盖响", ["路灯不亮", "井盖响"]),
        ("1.5 米深的坑没人修。", ["1.5 米深的坑没人修。"]),
        ("路灯不亮。", ["路灯不亮。"]),
    ],
)
def test_a_text_is_cut_where_its_author_numbered_it(text, expected):
    assert splitting.proposed(text) == expected

"""How long people take for each task, in minutes: from and to."""

from collections.abc import Mapping

# What an office's own people take, in minutes of office time.
OFFICE = {
    "screen": (10, 220),
    "first_screen": (10, 260),
    "urge_unit": (15, 200),
    "pass_on": (20, 220),
    "receive_clue": (60, 500),
    "handle_clue": (600, 3600),
    "supervise_conduct": (400, 2000),
    "record_result": (120, 900),
    "answer_reporter": (60, 600),
    "dispatch": (5, 150),
    "rule_unit": (120, 720),
    "tell_refusal": (30, 400),
    "review_answer": (20, 360),
    "publish_batch": (120, 800),
    "press_briefing": (240, 900),
    "judge_unsolved": (120, 700),
    "spot_check": (240, 1200),
    "phone": (40, 360),
    "order": (60, 400),
    "interview": (300, 1200),
    "commitment": (300, 1200),
    "on_site": (60, 400),
    "meeting": (300, 1200),
    "criticism": (300, 1200),
    "referral": (240, 1400),
    "approve_extension": (30, 300),
    "request_extension": (10, 60),
}
# And a unit's people, besides what a limit gives them.
UNIT = {
    "write_answer": (20, 300),
    "revise_answer": (30, 380),
    "answer_directly": (20, 280),
    "reply_publicly": (20, 200),
}
# What cannot wait, by why it cannot; in minutes.
HASTE: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "sign": {"danger": (2, 12), "utility": (8, 70), "question": (8, 70)},
    "contact_citizen": {"danger": (3, 15), "utility": (10, 90), "question": (5, 50)},
    "handle": {"danger": (20, 62), "utility": (60, 700), "question": (20, 130)},
    "write_answer": {"danger": (5, 14), "utility": (15, 120), "question": (8, 50)},
}

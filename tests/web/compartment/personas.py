"""The columns of the table: everybody who might look for a sealed case."""

ACCUSED, COMPARTMENT = "qd_urban_bureau", "qd_discipline"
_EVERY_ROLE = (
    "intake",
    "screener",
    "dispatcher",
    "reviewer",
    "caller",
    "publisher",
    "supervisor",
    "leader",
    "approver",
    "inspector",
)
# Everybody who signs in: column of the table -> (unit, role) of each post. They are the test's own
# people, so that nobody who joins the demo office changes the table.
POSTS = {
    "media_screener": [("qd_daily", "intake"), ("qd_daily", "screener")],  # who routes it
    "media_other": [("qd_daily", "screener")],
    "intake": [("qd_hotline", "intake")],
    "screener": [("qd_hotline", "screener")],
    "dispatcher": [("qd_hotline", "dispatcher")],
    "ruler": [("qd_staffing_office", "ruler")],
    "reviewer": [("qd_hotline", "reviewer")],
    "publisher": [("qd_hotline", "publisher")],
    "caller": [("qd_hotline", "caller")],
    "supervisor": [("qd_hotline", "supervisor")],
    "approver": [("qd_hotline", "approver")],
    "custodian": [("qd_hotline", "custodian")],
    "city_supervisor": [("qd_city", "supervisor")],
    "city_leader": [("qd_city", "leader")],
    "city_administrator": [("qd_city", "administrator")],
    "city_designer": [("qd_city", "designer")],
    "accused_handler": [(ACCUSED, "handler")],
    "accused_head": [(ACCUSED, "leader")],
    "accused_supervisor": [(ACCUSED, "supervisor")],
    "accused_administrator": [(ACCUSED, "administrator")],
    "accused_child": [("qd_urban_team", "handler")],
    # Of the accused unit and of the discipline organ.
    "double_post": [(ACCUSED, "handler"), *((COMPARTMENT, role) for role in _EVERY_ROLE)],
    "other_bureau": [("qd_housing_bureau", "handler")],
    "other_city": [("jdz_office", "administrator")],
    "inspector": [(COMPARTMENT, "inspector")],
    # The discipline organ's, with every role of an office.
    "compartment": [(COMPARTMENT, role) for role in _EVERY_ROLE],
}
STAFF = {column: f"of.{column}" for column in POSTS}
# Who may see the sealed cases, and who may see no more than that their own went on.
SEEING = ("inspector", "compartment")
CITIZEN, NOBODY = "citizen", "nobody"
PERSONAS = (NOBODY, CITIZEN, *STAFF)

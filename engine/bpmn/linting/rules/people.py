"""Rules of people's work: its form, who may do it, in which unit."""

import re
from collections.abc import Iterator

from engine.bpmn.expressions import nearest
from engine.bpmn.linting.asked import roles_of
from engine.bpmn.linting.context import Context
from engine.bpmn.linting.registry import Found, rule

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
UNITS = ("office", "responsible", "co_unit", "candidates", "asked")


@rule(
    "user-form",
    zh="没有表单，办理人打开待办无从下笔。写属性 form：表单文件的名字。",
    en="Without a form there is nothing to fill in. Write the property form: the name of a form "
    "file.",
)
def user_form(context: Context) -> Iterator[Found]:
    """Every user task names its form."""
    for node in context.nodes("userTask"):
        form = node.properties.get("form", "").strip()
        if not form:
            yield Found(
                node.xml, "a user task needs the property form: the name of what is filled in"
            )
        elif not NAME.fullmatch(form):
            yield Found(node.xml, f"{form[:60]} is no form's name; write letters, digits and _")


@rule(
    "unknown-form",
    zh="表单名写错，待办就打不开。改成 forms 文件夹里有的名字，或者把表单补上。",
    en="Under a wrong name the task cannot be opened. Write the name of a form in the folder "
    "forms, or add the form.",
)
def unknown_form(context: Context) -> Iterator[Found]:
    """Every form named is there."""
    forms = context.known.forms
    for node in context.nodes("userTask") if forms is not None else ():
        form = node.properties.get("form", "").strip()
        if NAME.fullmatch(form) and forms is not None and form not in forms:
            yield Found(node.xml, f"there is no form {form[:60]}{nearest(form, forms)}")


@rule(
    "user-roles",
    zh="没写谁能办，待办不会出现在任何人的收件箱里。写属性 roles。",
    en="A task that names no role is in nobody's inbox. Write the property roles.",
)
def user_roles(context: Context) -> Iterator[Found]:
    """Every task of people names its roles."""
    for node in context.nodes("userTask", "manualTask"):
        if not roles_of(node):
            yield Found(node.xml, "the property roles is missing: name who may do this task")


@rule(
    "unknown-role",
    zh="没有人担任的角色，它的待办没有人看见。改成方案包里有的角色。",
    en="Nobody holds a role that does not exist, so nobody sees its tasks. Write a role that "
    "there is.",
)
def unknown_role(context: Context) -> Iterator[Found]:
    """Every role named is there."""
    roles = context.known.roles
    for node in context.nodes("userTask", "manualTask") if roles is not None else ():
        for role in roles_of(node):
            if roles is not None and role not in roles:
                yield Found(node.xml, f"there is no role {role[:60]}{nearest(role, roles)}")


@rule(
    "unknown-unit",
    zh="写错的 unit 不会报错，待办会悄悄落到受理单位。改成 office、responsible、co_unit、candid"
    "ates 或 asked。",
    en="A unit that is not understood is passed over, and the task quietly lands in the case's "
    "office. Write office, responsible, co_unit, candidates or asked.",
)
def unknown_unit(context: Context) -> Iterator[Found]:
    """The property unit is one of those that mean something."""
    for node in context.nodes("userTask", "manualTask"):
        unit = node.properties.get("unit", "").strip()
        if unit and unit not in UNITS:
            yield Found(node.xml, f"the property unit cannot be {unit[:60]}{nearest(unit, UNITS)}")

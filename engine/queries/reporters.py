"""Who sent something in, told so that it names nobody: 陈女士 138****1234."""

from dataclasses import dataclass

from engine.identity import Reporter

# A name that is only a surname and a form of address names nobody.
_ADDRESSES = ("女士", "先生", "同志", "老师", "师傅", "阿姨", "大爷", "大妈")
_HIDDEN = "*"


@dataclass(frozen=True)
class Masked:
    """A person's name and phone with their middle taken out; both may be empty."""

    name: str
    phone: str


def masked(reporter: Reporter) -> Masked:
    """The person as people may see who need not know more."""
    return Masked(_name(reporter.name.strip()), _phone(reporter.phone))


def _name(name: str) -> str:
    if len(name) <= 4 and name.endswith(_ADDRESSES):
        return name
    return name[:1] + _HIDDEN * min(len(name) - 1, 3) if len(name) > 1 else name


def _phone(phone: str) -> str:
    if len(phone) >= 10:
        return f"{phone[:3]}{_HIDDEN * 4}{phone[-4:]}"
    return f"{_HIDDEN * 4}{phone[-2:]}" if phone else ""

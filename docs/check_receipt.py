#!/usr/bin/env python3
"""核对诉求回执 / Check the receipt of a case.

    python3 check_receipt.py RECEIPT.json [PRINTED]

PRINTED 是那天公开登出的根（root）或存证值（hash）；给了它，就和它比。
PRINTED is the root or the hash that was published for that day; given, the receipt is held
against it. Without it the receipt is checked against itself only.

退出码 / exit codes: 0 对得上 well, 1 对不上 not well, 2 用法或文件不对 usage, unreadable file.
Python 3.8 or newer, nothing to install, no network. 不用安装，不用联网。
"""

import hashlib
import json
import re
import sys

RECEIPT, ANCHOR = "huiyin-receipt-1", "huiyin-anchor-1"
HEX = re.compile(r"[0-9a-f]{64}\Z")
SALT = re.compile(r"[0-9a-f]{32}\Z")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z")
# What is printed of an anchor, in the order in which it is hashed; the hash itself comes last.
PRINTED = {
    "number": int,
    "date": DATE,
    "made_at": INSTANT,
    "missed": int,
    "root": HEX,
    "changes": HEX,
    "contacts": int,
    "cases": int,
    "slips": int,
    "matters": int,
    "previous": HEX,
    "hash": HEX,
}
OPENED = {"entries": int, "head": HEX, "salt": SALT}
HELD = {
    "zh": [
        "{date} 存证时，编号 {case} 的诉求有 {entries} 条办理记录，最后一条的指纹是 {head}。",
        "以后这些记录少一条、改一条，或者整件不见，都和那天公开的根 {root} 对不上。",
    ],
    "en": [
        "When the records were anchored on {date}, case {case} had {entries} entries in its "
        "history, the last with the fingerprint {head}.",
        "If one of them is changed or removed later, or the whole case, it no longer fits the "
        "root published for that day, {root}.",
    ],
}
COVERED = {
    "zh": [
        "{date} 存证时，编号 {case} 的诉求在册，它的办理记录已由承诺值 {commitment} 固定。",
        "以后这些记录少一条、改一条，或者整件不见，都和那天公开的根 {root} 对不上。",
    ],
    "en": [
        "When the records were anchored on {date}, case {case} was among them, its history fixed "
        "by the commitment {commitment}.",
        "If an entry of it is changed or removed later, or the whole case, it no longer fits the "
        "root published for that day, {root}.",
    ],
}


class Wrong(Exception):
    """What does not fit, in both languages."""

    def __init__(self, zh, en):
        super().__init__(f"对不上：{zh}\nNOT WELL: {en}")


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def fits(value, kind):
    if kind is int:
        return type(value) is int and value >= 0
    return isinstance(value, str) and kind.match(value) is not None


def shape(receipt):
    """Refuse whatever is not exactly a receipt: nothing in it goes unchecked."""
    names = {"format", "case", "commitment", "leaf", "path", "anchor", "proves"}
    if not isinstance(receipt, dict) or receipt.get("format") != RECEIPT:
        raise Wrong("这不是本格式的回执。", f"this is no receipt of the format {RECEIPT}.")
    opened = bool(set(OPENED) & set(receipt))
    wanted = names | (set(OPENED) if opened else set())
    if set(receipt) != wanted:
        odd = ", ".join(sorted(map(str, set(receipt) ^ wanted)))
        raise Wrong(f"多了或少了栏目：{odd}。", f"fields missing or added: {odd}.")
    anchor, path = receipt["anchor"], receipt["path"]
    if not isinstance(anchor, dict) or set(anchor) != set(PRINTED):
        raise Wrong("存证的栏目不全。", "the anchor's fields are not those of an anchor.")
    if not isinstance(receipt["case"], str) or not receipt["case"] or "\n" in receipt["case"]:
        raise Wrong("编号不是编号。", "the case has no number.")
    kinds = {"commitment": HEX, "leaf": HEX}
    kinds.update(OPENED if opened else {})
    for place, kind in list(kinds.items()):
        if not fits(receipt[place], kind):
            raise Wrong(f"“{place}”写得不对。", f"{place} is not written as it should be.")
    for place, kind in PRINTED.items():
        if not fits(anchor[place], kind):
            raise Wrong(f"“{place}”写得不对。", f"{place} is not written as it should be.")
    well = isinstance(path, list) and all(
        isinstance(step, dict)
        and len(step) == 1
        and set(step) <= {"left", "right"}
        and fits(next(iter(step.values())), HEX)
        for step in path
    )
    if not well:
        raise Wrong("路径写得不对。", "the path is not written as it should be.")
    return opened


def check(receipt, printed):
    """Raise Wrong at the first thing that does not fit."""
    opened = shape(receipt)
    anchor = receipt["anchor"]
    committed = bytes.fromhex(receipt["commitment"])
    if opened:
        salt, head = bytes.fromhex(receipt["salt"]), bytes.fromhex(receipt["head"])
        if receipt["entries"] >= 2**64:
            raise Wrong("记录条数不对。", "no history has so many entries.")
        if sha256(b"\x02", salt, receipt["entries"].to_bytes(8, "big"), head) != committed:
            raise Wrong(
                "记录条数、指纹和承诺值不相符。",
                "the number of entries, the fingerprint and the commitment do not fit together.",
            )
    above = sha256(b"\x00", receipt["case"].encode("utf-8"), b"\n", committed)
    if above.hex() != receipt["leaf"]:
        raise Wrong("编号和叶值不相符。", "the case's number does not fit the leaf.")
    for step in receipt["path"]:
        side, beside = next(iter(step.items()))
        pair = [bytes.fromhex(beside), above] if side == "left" else [above, bytes.fromhex(beside)]
        above = sha256(b"\x01", *pair)
    if above.hex() != anchor["root"]:
        raise Wrong("路径走不到这个根。", "the path does not lead to the root.")
    lines = [ANCHOR] + [str(anchor[name]) for name in PRINTED if name != "hash"] + [""]
    if sha256("\n".join(lines).encode("utf-8")).hex() != anchor["hash"]:
        raise Wrong("存证的内容和存证值不相符。", "the anchor's fields do not fit its hash.")
    words = {name: receipt.get(name) for name in ("case", "entries", "head", "commitment")}
    words.update(date=anchor["date"], root=anchor["root"])
    told = {
        language: [sentence.format(**words) for sentence in sentences]
        for language, sentences in (HELD if opened else COVERED).items()
    }
    if receipt["proves"] != told:
        raise Wrong("说明文字和数据不相符。", "the sentences do not say what the figures say.")
    if printed is not None and printed not in (anchor["root"], anchor["hash"]):
        raise Wrong(
            "和公开登出的值不一样，这张回执不属于那个存证。",
            "it differs from the printed value: this receipt does not belong to that anchor.",
        )
    return told


def say(*lines):
    sys.stdout.write("".join(line + "\n" for line in lines))


def main(arguments):
    if len(arguments) not in {1, 2} or arguments[0] in {"-h", "--help"}:
        sys.stderr.write(__doc__.strip() + "\n")
        return 2
    printed = "".join(arguments[1].split()).lower() if len(arguments) == 2 else None
    if printed is not None and not HEX.match(printed):
        sys.stderr.write("公开登出的值应是 64 位十六进制数。\n")
        sys.stderr.write("The printed value should be 64 hexadecimal digits.\n")
        return 2
    try:
        with open(arguments[0], encoding="utf-8-sig") as file:
            receipt = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        sys.stderr.write(f"读不了这个文件。\nThis file cannot be read: {error}\n")
        return 2
    try:
        told = check(receipt, printed)
    except Wrong as wrong:
        say(str(wrong))
        return 1
    say("对得上。" + "".join(told["zh"]), "WELL. " + " ".join(told["en"]))
    if printed is None:
        day, value = receipt["anchor"]["date"], receipt["anchor"]["hash"]
        say(
            f"请和 {day} 公开登出的存证值比一比：",
            f"Compare with the hash published for {day}:",
            value,
        )
    return 0


if __name__ == "__main__":
    for _stream in (sys.stdout, sys.stderr):
        _stream.reconfigure(encoding="utf-8", errors="replace")
    sys.exit(main(sys.argv[1:]))

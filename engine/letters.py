"""The text of a refusal (告知书正文), prepared from its reason and legal channel; people edit it.

The citizen reads it by itself on the page and within the paper, so it says all: why, where to go,
how to get there. What the pack does not state is not said.
"""

from collections.abc import Mapping

from engine.packs import Item, Pack

NOWHERE = "none"  # the legal channel of what has no other


def refusal(pack: Pack, reason: str, channel: str = "") -> str:
    """The letter for a reason of the pack, in Chinese; empty without one.

    channel: another than the reason's own.
    """
    entry = pack.item("refusal_reasons", reason)
    if entry is None:
        return ""
    wanted = pack.item("legal_channels", channel or channel_of(pack, reason))
    sentences = [f"您反映的这件事属于「{entry['zh']}」的情形，不归我们这里办理。"]
    if source := entry.get("source", {}).get("zh"):
        sentences.append(f"依据：{source}。")
    return "\n".join(["".join(sentences), *_way(wanted)])


def channel_of(pack: Pack, reason: str) -> str:
    """The legal channel that a reason names; empty without one."""
    return str((pack.item("refusal_reasons", reason) or {}).get("channel", ""))


def reach(channel: Item) -> list[tuple[Mapping[str, str], str]]:
    """How to get to a legal channel, as far as the pack states it: what it is, and its value."""
    address = channel.get("address", {}).get("zh", "")
    stated = (
        ({"zh": "电话", "en": "Phone"}, channel.get("phone", "")),
        ({"zh": "地址", "en": "Address"}, address),
        ({"zh": "网址", "en": "Web"}, channel.get("url", "")),
    )
    return [(name, value) for name, value in stated if value]


def _way(channel: Item | None) -> list[str]:
    if channel is None or channel["key"] == NOWHERE:
        return ["这件事没有别的受理渠道，我们把理由如实告诉您。"]
    how = channel.get("how", {}).get("zh", "")
    if channel["key"] == "own_case":
        return [how or "请凭原来那一件的编号和查询码看进度。"]
    stated = "，".join(f"{name['zh']} {value}" for name, value in reach(channel))
    told = f"请向{channel['zh']}提出{f'（{stated}）' if stated else ''}。"
    return [told + how, "您可以直接去，不用先经过我们。"]

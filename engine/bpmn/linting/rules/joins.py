"""Rules of joins: what comes together came apart before, once, and on the same round."""

from collections.abc import Iterator

from engine.bpmn.linting.context import Context
from engine.bpmn.linting.registry import Found, rule

_JOINING = ("parallelGateway", "inclusiveGateway")


@rule(
    "join-in-loop",
    zh="圈里的并行或包容汇合从第二圈起会提前放行，有人没办完就往下走了。把分叉到汇合之间收进一个"
    "子流程，每圈都是新的。",
    en="From the second round on a parallel or inclusive join in a loop goes on too early, "
    "before everybody is done. Put what lies between split and join into a sub-process, "
    "which is new on every round.",
)
def join_in_loop(context: Context) -> Iterator[Found]:
    """No join stands in a loop, but in a sub-process of its own."""
    for scope, group in context.cycles:
        for key in sorted(group):
            node = scope.nodes[key]
            if node.kind in _JOINING and len(node.incoming) > 1:
                yield Found(
                    node.xml,
                    "a parallel or inclusive join inside a loop fires too early on later rounds; "
                    "put what lies between split and join into a sub-process of its own",
                )


@rule(
    "join-never",
    zh="并行汇合要等齐每一条连线，可是前面是二选一，总有一条不来，诉求就停在这里。前面也改成并行"
    "分叉，或者汇合改成排他网关。",
    en="A parallel join waits for every flow, but what comes before takes only one of them, so "
    "a case hangs here. Split by a parallel gateway, too, or join by an exclusive one.",
)
def join_never(context: Context) -> Iterator[Found]:
    """A parallel join gets a token on every flow it waits for."""
    for scope, game in context.games:
        hung = {key for marking in game.stuck for key in game.waiting(marking)}
        for node in scope.nodes.values():
            if node.id in hung and node.kind == "parallelGateway":
                yield Found(
                    node.xml,
                    f"this join waits for all of its {len(node.incoming)} flows, but a case can "
                    "come here on fewer and hangs; split by a parallel gateway before, or join by "
                    "an exclusive one",
                )


@rule(
    "runs-twice",
    "warning",
    zh="并行的几条路没有汇合就走到了同一个图元，后面的每一步都会各办一遍。前面加一个并行汇合，或"
    "者各走各的到结束。",
    en="Ways that run side by side meet here without a join, so that everything behind it is "
    "done once for each of them. Put a parallel join before it, or let each way go to an end "
    "of its own.",
)
def runs_twice(context: Context) -> Iterator[Found]:
    """What follows parallel ways is done once."""
    for scope, game in context.games:
        for node in scope.nodes.values():
            if node.id in game.piled:
                yield Found(
                    node.xml,
                    "several ways come here at once and everything behind is done for each of "
                    "them; put a parallel join before it",
                )

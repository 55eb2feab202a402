"""Rules of the file as a whole: that it can be read, and holds one process of the right name."""

from collections.abc import Iterator

from engine.bpmn.linting.context import Context
from engine.bpmn.linting.documents import BPMN, Unreadable
from engine.bpmn.linting.foreign.drawings import is_drawing
from engine.bpmn.linting.registry import Found, rule
from engine.bpmn.linting.subjects import Folder


@rule(
    "unreadable",
    subject="file",
    zh="读不出来的文件谁也用不了。文件要是格式完整的 XML，用 UTF-8 保存，不含文档类型和实体，不"
    "超过 2 MB。",
    en="A file that cannot be read is of no use to anyone. It must be well-formed XML, saved as "
    "UTF-8, without document types and entities, of at most 2 MB.",
)
def unreadable(error: Unreadable) -> Iterator[Found]:
    """The file can be read."""
    yield Found(None, str(error), line=error.line)


@rule(
    "not-bpmn",
    zh="流程要用 BPMN 2.0 画，别的文件运行不了。请用任何 BPMN 编辑器另存为 .bpmn。",
    en="A process is drawn in BPMN 2.0; nothing else can be run. Save it as .bpmn with any BPMN "
    "editor.",
)
def not_bpmn(context: Context) -> Iterator[Found]:
    """The root is BPMN's."""
    if not context.is_bpmn:
        yield Found(context.root, "this is no BPMN 2.0 diagram: the root is not definitions")


@rule(
    "process-key",
    zh="流程按文件夹名查找，图里的 process id 不同就找不到。把 process 的 id 改成文件夹名。",
    en="A process is found by the name of its folder; under another id nobody finds it. Give "
    "the process the folder's name as its id.",
)
def process_key(context: Context) -> Iterator[Found]:
    """The process has the id of its folder."""
    if context.is_bpmn and context.document.process(context.key) is None:
        processes = context.document.processes()
        found = ", ".join(str(p.get("id"))[:60] for p in processes) or "none"
        yield Found(
            processes[0] if processes else context.root,
            f"the process id must be {context.key}, the name of its folder; found {found}",
        )


@rule(
    "several-processes",
    zh="一张图里几个泳池会互相改动共用的定义，第二件诉求就停住了。一个文件只画一个流程，别的另存"
    "成文件，互相用消息联系。",
    en="Several pools in one file change the definition they share, and the second case hangs. "
    "Draw one process per file; move the others into files of their own and let them speak "
    "by messages.",
)
def several_processes(context: Context) -> Iterator[Found]:
    """Besides the process there are only those it calls."""
    if not context.is_bpmn:
        return
    called = {node.get("calledElement") for node in context.root.iter(f"{{{BPMN}}}callActivity")}
    for other in context.document.processes():
        if other is not context.process and other.get("id") not in called:
            yield Found(
                other,
                "one process per file: one pool; move the others into files of their own",
            )


@rule(
    "not-executable",
    zh="标为“不可执行”的流程只是示意图。要投入使用，请在流程属性里勾选“可执行”（isExecutable）。",
    en="A process marked as not executable is only a picture. To put it into use, tick "
    "“executable” (isExecutable) in the properties of the process.",
)
def not_executable(context: Context) -> Iterator[Found]:
    """Every process is executable."""
    if not context.is_bpmn or is_drawing(context.document):
        return  # the rule `drawing` says it
    for one in context.document.processes():
        if one.get("isExecutable", "true") != "true":
            yield Found(one, "mark the process as executable (isExecutable)")


@rule(
    "correlation",
    zh="消息总是发给一件诉求的流程，不靠关联键找对象；图里的关联键不起作用。请删掉 correlationPr"
    "operty。",
    en="A message is always for the process of one case and is not led by correlation keys, "
    "which do nothing here. Remove the correlationProperty.",
)
def correlation(context: Context) -> Iterator[Found]:
    """There are no correlations."""
    if context.process is not None:
        for node in context.root.iter(f"{{{BPMN}}}correlationProperty"):
            yield Found(
                node, "correlations are not used: a message names its case; remove this one"
            )


@rule(
    "duplicate-decision",
    subject="folder",
    zh="两个文件里有同名的决策，用哪一个就全凭运气。给其中一个改名，或者删掉一个。",
    en="With two decisions of one name it is chance which one is asked. Rename one of them, or "
    "remove it.",
)
def duplicate_decision(folder: Folder) -> Iterator[Found]:
    """No two decision files have one key."""
    seen: set[str] = set()
    for file, key in folder.decisions:
        if key in seen:
            yield Found(
                None,
                f"the decision {key[:60]} is there twice; rename or remove one of them",
                file=file if file.endswith(".dmn") else f"{file}.dmn",
            )
        seen.add(key)

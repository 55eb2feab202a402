"""Chinese and English complete: no text that people read is in one language only."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from flask_babel import force_locale

from engine import errors
from engine.clock import Held
from engine.db import Sessions
from engine.papers.kinds import NAMES
from engine.papers.labels import LABELS
from tests import untranslated
from tests.databases import ROOT, WORKFLOWS
from tests.web.site import application
from web import catalogue, problems

Walker = Callable[[Path], Iterator[str]]

# Modules whose Chinese is no text of ours on a page; why.
NOT_OURS = {
    "answer_checks.py": "finds in a Chinese answer what it says and lacks",
    "bigrams.py": "ranges of Chinese characters",
    "i18n.py": "spells dates and times in both languages itself",
    "cli/": "one line in both languages, for whoever stands at the machine",
    "bench/": "what citizens write in a benchmark",
    "playing/": "what citizens and staff write in the demo",
    "bpmn/linting/page.py": "prints a page in both languages",
    "calendar_notice.py": "reads the Chinese notice of holidays; its name is its source",
    "commands/splitting.py": "finds how a Chinese message numbers what it asks for",
    "designing/fault_words.py": "says in Chinese what the linter says in English",
    "digests/printing.py": "numbers sections and issues as Chinese papers do",
    "importing/": "reads headings of Chinese files",
    "letters.py": "prepares a letter to a citizen, which is Chinese like its paper",
    "papers/dates.py": "spells dates in both languages itself",
    "papers/digest_pieces.py": "name of a font",
    "papers/drafts.py": "stands in for a name on the draft of a Chinese paper",
    "papers/pieces.py": "names of fonts",
    "papers/samples.py": "what people wrote in a sample",
    "papers/shipped.py": "the Chinese templates themselves; see the test of their labels",
    "queries/reporters.py": "how people are addressed, found in their names",
}
# Written into the record, into a Chinese paper or a file's name, whatever the page speaks.
RECORDED = ("来催办，问进展。", "回访", "出具", "书面整改计划", "-草稿.")
# What somebody may type between two hours, in either language.
TYPED = (r"\s*[-–—~至到]\s*",)


def found(walker: Walker, folder: Path) -> list[str]:
    return [
        line
        for line in walker(folder)
        if not line.startswith(tuple(NOT_OURS))
        and line.partition(": ")[2] not in (*RECORDED, *TYPED)
    ]


@pytest.mark.parametrize(
    ("walker", "folder"),
    [
        (untranslated.in_templates, ROOT / "web" / "templates"),
        (untranslated.in_python, ROOT / "web"),
        (untranslated.in_python, ROOT / "engine"),
        (untranslated.in_scripts, ROOT / "web" / "static" / "js"),
        (untranslated.in_documents, WORKFLOWS),
        (untranslated.in_diagrams, WORKFLOWS),
        (untranslated.in_decisions, WORKFLOWS),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_no_text_is_in_one_language_only(walker: Walker, folder: Path) -> None:
    assert found(walker, folder) == []


def test_every_label_of_a_chinese_paper_is_said_in_english_on_its_pdf() -> None:
    said = [text["zh"] for text in (*LABELS.values(), *NAMES.values()) if text["zh"]]
    known = re.compile("|".join(map(re.escape, sorted(said, key=len, reverse=True))))
    lines = list(untranslated.in_papers(WORKFLOWS / "papers"))
    assert lines
    assert [line for line in lines if untranslated.HAN.search(known.sub("", line))] == []


def test_every_text_has_its_english() -> None:
    said = catalogue.said()
    assert "跳到正文" in said, "templates are looked at"
    assert "没有这一页" in said, "and Python"
    assert catalogue.missing() == []
    for msgid, string in catalogue.translated().items():
        english = string if isinstance(string, str) else " ".join(string)
        assert english.strip(), msgid
        assert not untranslated.HAN.search(english), f"{msgid}: {english}"


def kinds(error: type[errors.HuiyinError]) -> Iterator[type[errors.HuiyinError]]:
    for kind in error.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_every_error_is_told_in_both_languages(
    sessions: Sessions, held: Held, tmp_path: Path
) -> None:
    app = application(sessions, tmp_path)
    known = list(kinds(errors.HuiyinError))
    told = [problems.problem_of(kind.__new__(kind)) for kind in known]
    told += problems.HTTP_PROBLEMS.values()
    own = [kind.code for kind in known if "code" in vars(kind)]
    assert len(own) == len(set(own)), "no two kinds under one code"
    with app.test_request_context("/"):
        for problem in told:
            for text in (problem.title, problem.advice):
                with force_locale("zh_Hans_CN"):
                    assert untranslated.HAN.search(str(text))
                with force_locale("en"):
                    assert untranslated.LETTERS.search(str(text))
                    assert not untranslated.HAN.search(str(text))


BPMN = (
    '<b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL"><b:userTask '
    'id="sign" name="签收"/></b:definitions>'
)
DMN = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"><rule id="r1">'
    "<description>水电气热</description></rule></definitions>"
)
WORD = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p>'
    "<w:t>办理要求{{ demands }}</w:t></w:p></w:document>"
)


@pytest.mark.parametrize(
    ("walker", "name", "content", "told"),
    [
        (untranslated.in_templates, "a.html", "<p>{{ _('好') }}，再见</p>", "，再见"),
        (untranslated.in_templates, "a.html", "<p>Good morning</p>", "Good morning"),
        (untranslated.in_templates, "a.html", '<a aria-label="关闭">x</a>', "关闭"),
        (untranslated.in_templates, "a.html", "{{ '件' if n else _('没有') }}", "件"),
        (untranslated.in_python, "a.py", 'WORDS = {"zh": "好", "en": "好的"}', "好的"),
        (untranslated.in_python, "a.py", 'print(_("好"), "没有译")', "没有译"),
        (untranslated.in_scripts, "a.js", "alert('出错了')", "alert('出错了')"),
        (untranslated.in_documents, "a.json", '{"x-title": {"zh": "标题"}}', "标题"),
        (untranslated.in_documents, "a.json", '{"x-help": {"zh": "Help", "en": "Help"}}', "Help"),
        (untranslated.in_documents, "a.json", '{"name": "桂林市"}', "桂林市"),
        (untranslated.in_diagrams, "a.bpmn", BPMN, "sign 签收"),
        (untranslated.in_decisions, "a.dmn", DMN, "r1 水电气热"),
        (untranslated.in_papers, "a.docx", WORD, "办理要求"),
    ],
)
def test_a_planted_text_is_found(
    tmp_path: Path, walker: Walker, name: str, content: str, told: str
) -> None:
    path = tmp_path / name
    if name.endswith(".docx"):
        with ZipFile(path, "w") as file:
            file.writestr("word/document.xml", content)
    else:
        path.write_text(content, encoding="utf-8")
    (line,) = walker(tmp_path)
    assert line.startswith(f"{name}: {told}")


def test_what_is_translated_is_not_complained_of(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        "<p>{{ _('好') }} <kbd>Esc</kbd> {{ ngettext('%(num)d 件', '%(num)d 件', n) }}</p>"
    )
    (tmp_path / "a.py").write_text(
        '"""说明。"""\nA = _("好")\nB = {"zh": "好", "en": "Good"}\nC = ("好", "Good")\n'
    )
    (tmp_path / "a.json").write_text('{"zh": "好", "en": "Good", "phone": "12345"}')
    assert not list(untranslated.in_templates(tmp_path))
    assert not list(untranslated.in_python(tmp_path))
    assert not list(untranslated.in_documents(tmp_path))

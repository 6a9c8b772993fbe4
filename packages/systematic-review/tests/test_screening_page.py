"""The page on which people screen: in a real browser, by keyboard and by touch, and whatever ends the program.

What needs Chromium is skipped without it: the one that ``CHROMIUM`` names, or the system's.
"""

import csv
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Page, Playwright

from systematic_review import i18n, pipeline, records
from systematic_review.errors import ReviewError
from systematic_review.screening_page.desk import Answer, ScreeningDesk
from systematic_review.screening_page.server import create_app

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium, or set CHROMIUM")
PROTOCOL = """languages: [en, id]
stages:
  title_abstract: {reviewers: 2, reasons: optional}
  full_text: {reviewers: 2, reasons: required}
criteria:
  population: {name: {en: Not of a city, id: Bukan tentang kota}}
  topic:
    name: {en: Off topic, id: Di luar topik}
    rule: {terms: [[smart city, kerb]]}
"""
#: Milliseconds that the page may take from a key to the next work.
SLOWEST = 50


def lay_down(folder: Path, works: int = 30) -> Path:
    """Lay down a review of made-up works on which nobody decided yet."""
    folder.mkdir(parents=True)
    (folder / "protocol.yml").write_text(PROTOCOL, encoding="utf-8")
    with (folder / "sage.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Title", "Authors", "Year", "Abstract", "DOI"])
        for number in range(works):
            about = f"A smart city number {number}: 3 > 2 & its streets differ from {number + 7} others."
            name = f"Study {chr(65 + number % 26)}{number} of {number * 37 % 101} places"
            writer.writerow([name, f"Author{number}, A.", 2015, about, f"10.1000/{number}"])
    return folder


class Connection:
    """What asks a page's server at an address, as its script does."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.origin = "/".join(address.split("/")[:3])

    def ask(self, path: str, body: dict[str, object] | None = None, **headers: str) -> dict[str, object]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, {"Origin": self.origin} | headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            found: dict[str, object] = json.load(answer)
            return found


class Server(Connection):
    """The command in a process of its own, at the address that it printed."""

    def __init__(self, folder: Path, reviewer: str) -> None:
        command = [
            sys.executable,
            "-m",
            "systematic_review",
            "screen",
            str(folder),
            "--reviewer",
            reviewer,
            "--no-browser",
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert "http://127.0.0.1:" in said, said + self.process.stdout.read()
        super().__init__(next(word for word in said.split() if word.startswith("http")))
        for _ in range(200):  # until it listens
            try:
                self.ask("task")
                return
            except OSError:
                time.sleep(0.02)

    def end(self, how: int = signal.SIGKILL) -> None:
        self.process.send_signal(how)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def start() -> Iterator[Callable[[Path, str], Server]]:
    """Return what starts the command; it is ended after the test."""
    with ExitStack() as stack:

        def started(folder: Path, reviewer: str) -> Server:
            server = Server(folder, reviewer)
            stack.callback(lambda: server.process.poll() is None and server.end())
            return server

        yield started


@pytest.fixture(scope="module")
def pages(playwright: Playwright) -> Iterator[Callable[..., Page]]:
    """Return what opens an address; whatever the page complains of fails the test."""
    complaints: list[str] = []
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

    def opened(address: str, **context: object) -> Page:
        page = browser.new_context(**context).new_page()  # type: ignore[arg-type]
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda one: None if one.url.startswith("http://127.0.0.1:") else complaints.append(one.url))
        page.goto(address)
        return page

    yield opened
    browser.close()
    assert complaints == []


def refusal(server: Server, path: str, body: dict[str, object] | None = None, **headers: str) -> int:
    """Return the code with which a request is answered that is expected to be refused."""
    try:
        server.ask(path, body, **headers)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    return 200


def decisions(folder: Path, name: str = "screening_ann.csv") -> list[dict[str, str]]:
    with (folder / "decisions" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@needs_browser
@pytest.mark.alone
def test_a_hundred_works_are_decided_by_keyboard_each_at_once(
    tmp_path: Path,
    start: Callable[[Path, str], Server],
    pages: Callable[..., Page],
    record_property: Callable[..., None],
) -> None:
    folder = lay_down(tmp_path / "review", 102)
    page = pages(start(folder, "Ann").address)
    taken = []
    for number, key in enumerate(["i", "e", "2", "m"] * 25):
        page.locator("main h1").wait_for()
        title = page.locator("main h1").text_content()
        page.keyboard.press(key)
        page.wait_for_function("title => document.querySelector('main h1').textContent !== title", arg=title)
        taken.append(float(page.evaluate("document.body.dataset.milliseconds")))
        if number < 8:
            assert len(decisions(folder)) == number + 1
    kept = decisions(folder)
    assert [row["decision"] for row in kept[:4]] == ["include", "exclude", "exclude", ""]
    assert [row["reason"] for row in kept[:4]] == ["", "", "topic", ""]
    assert (kept[3]["maybe"], len(kept)) == ("yes", 100)
    middle = sorted(taken)[50]
    record_property("said", f"a decision by keyboard: {middle:.0f} ms, the slowest {max(taken):.0f} ms")
    assert middle <= SLOWEST


@needs_browser
def test_a_reason_that_is_asked_for_is_chosen_and_a_decision_is_taken_back(
    tmp_path: Path, start: Callable[[Path, str], Server], pages: Callable[..., Page]
) -> None:
    folder = lay_down(tmp_path / "review", 3)
    for name in ("Ann", "Ben"):
        desk = ScreeningDesk(folder, name)
        for record in desk.works["id"]:
            desk.save_answer(record, desk.stages[0], Answer("include"))
    page = pages(start(folder, "Ann").address)
    page.get_by_text("Full texts").wait_for()
    first = page.locator("main h1").text_content()
    page.get_by_role("button", name="Exclude").click()
    page.get_by_text("Choose a reason first.").wait_for()
    assert not (folder / "decisions" / "screening_ann_full_text.csv").exists()
    page.get_by_label("Note").fill("=1+1 of a village")
    page.get_by_label("Not of a city").check()
    page.get_by_role("button", name="Exclude").click()
    page.get_by_text("Saved: Exclude. 2 left.").wait_for()
    page.keyboard.press("u")
    page.get_by_text("You decided before: Exclude").wait_for()
    assert page.locator("main h1").text_content() == first
    assert page.get_by_label("Note").input_value() == "=1+1 of a village"
    page.get_by_role("button", name="Not retrieved").click()
    page.get_by_text("Saved: Not retrieved. 2 left.").wait_for()
    kept = decisions(folder, "screening_ann_full_text.csv")
    assert [(row["decision"], row["reason"]) for row in kept] == [("not_retrieved", "")]
    assert kept[0]["note"].startswith("'=")


@needs_browser
def test_terms_of_the_protocol_are_marked_and_markup_is_text(
    tmp_path: Path, start: Callable[[Path, str], Server], pages: Callable[..., Page]
) -> None:
    page = pages(start(lay_down(tmp_path / "review", 2), "Ann").address)
    page.locator("main h1").wait_for()
    assert page.locator("main mark").all_text_contents() == ["smart city"]
    assert page.locator("main b").count() == 0
    assert "3 > 2 & its" in (page.locator("main").text_content() or "")


@needs_browser
@pytest.mark.parametrize("language", i18n.list_languages())
def test_the_page_fits_a_phone_and_speaks_each_language(
    tmp_path: Path, start: Callable[[Path, str], Server], pages: Callable[..., Page], language: str
) -> None:
    server = start(lay_down(tmp_path / "review", 4), "Ann")
    page = pages(f"{server.address}?language={language}", viewport={"width": 320, "height": 640}, has_touch=True)
    page.locator("main h1").wait_for()
    assert page.evaluate("document.documentElement.lang") == language
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name=i18n.translate("Include", language)).tap()
    page.get_by_role("status").filter(has_text=i18n.translate("Include", language)).wait_for()
    small = page.evaluate(
        "[...document.querySelectorAll('a, button')].filter(one => one.getBoundingClientRect().height < 24).length"
    )
    assert small == 0


@needs_browser
def test_a_third_person_settles_conflicts_and_pairs(
    tmp_path: Path, start: Callable[[Path, str], Server], pages: Callable[..., Page]
) -> None:
    folder = lay_down(tmp_path / "review", 5)
    for name, decision in (("Ann", "include"), ("Ben", "exclude")):
        desk = ScreeningDesk(folder, name)
        desk.save_answer(desk.works["id"][0], desk.stages[0], Answer(decision, note=f"as {name} says"))
    page = pages(start(folder, "Cia").address + "#conflicts")
    page.get_by_text("as Ben says").wait_for()
    assert page.locator(".sides h3").all_text_contents() == ["Ann", "Ben"]
    page.get_by_role("button", name="Include").click()
    page.get_by_text("There are no conflicts.").wait_for()
    kept = decisions(folder, "resolutions.csv")
    assert [(row["decision"], row["resolver"]) for row in kept] == [("include", "Cia")]
    pipeline.run_review(folder)


@needs_browser
def test_doubtful_pairs_are_decided_side_by_side(
    tmp_path: Path, start: Callable[[Path, str], Server], pages: Callable[..., Page]
) -> None:
    folder = lay_down(tmp_path / "review", 3)
    (folder / "pubmed.csv").write_text(
        "Title,Authors,Year,Journal,DOI\n"
        '"Kerbs of old cities in the rain, and who repairs them","Moreau, L.",2018,Streets,10.1000/a\n'
        '"Kerbs of old cities in the rain, and who repairs them","Moreau, L.",2019,Streets,10.1000/b\n',
        encoding="utf-8",
    )
    desk = ScreeningDesk(folder, "Cia")
    assert len(desk.list_pairs()) == 1
    page = pages(start(folder, "Cia").address + "#pairs")
    page.get_by_text("2018").wait_for()
    page.get_by_text("2019").wait_for()
    page.get_by_role("button", name="The same work").click()
    page.get_by_role("status").filter(has_text="The same work").wait_for()
    assert desk.list_pairs() == []
    assert pipeline.run_review(folder)["duplicates_removed"] == 1


def test_nobody_sees_what_others_decided_before_they_did(tmp_path: Path, start: Callable[[Path, str], Server]) -> None:
    folder = lay_down(tmp_path / "review", 3)
    ben = ScreeningDesk(folder, "Benedikta")
    ben.save_answer(ben.works["id"][0], ben.stages[0], Answer("exclude", "topic", "Benedikta's note"))
    server = start(folder, "Ann")
    told = json.dumps(server.ask("task")) + json.dumps(server.ask("conflicts"))
    assert "Benedikta" not in told


def test_two_reviewers_screen_at_once_and_all_they_decide_is_kept(
    tmp_path: Path, start: Callable[[Path, str], Server]
) -> None:
    folder = lay_down(tmp_path / "review", 20)
    servers = {name: start(folder, name) for name in ("Ann", "Ben")}
    for _ in range(20):
        for server in servers.values():
            task = server.ask("task")
            server.ask("answer", {"record": task["record"], "stage": "title_abstract", "decision": "exclude"})
    assert pipeline.run_review(folder)["excluded"] == 20
    assert servers["Ann"].ask("task")["record"] is None


def test_the_same_reviewer_at_two_screens_loses_nothing(tmp_path: Path) -> None:
    folder = lay_down(tmp_path / "review", 10)
    one, other = (ScreeningDesk(folder, "Ann") for _ in range(2))
    for number, record in enumerate(one.works["id"]):
        desk = (one, other)[number % 2]
        desk.save_answer(record, desk.stages[0], Answer("include"))
    assert len(decisions(folder)) == 10
    one.refresh()
    assert one.next_task() is None


def test_what_was_decided_in_a_sheet_is_changed_there(tmp_path: Path) -> None:
    folder = lay_down(tmp_path / "review", 3)
    first = ScreeningDesk(folder, "Ann").works["id"][0]
    (folder / "decisions").mkdir(exist_ok=True)
    sheet = folder / "decisions" / "screening_by_hand.csv"
    sheet.write_text(f"record,title,reviewer,decision,reason\n{first},Kept,Ann,include,\n", encoding="utf-8")
    desk = ScreeningDesk(folder, "Ann")
    desk.save_answer(first, desk.stages[0], Answer("exclude", "topic"))
    kept = decisions(folder, sheet.name)[0]
    assert [kept[name] for name in ("record", "title", "decision", "reason")] == [first, "Kept", "exclude", "topic"]
    assert not (folder / "decisions" / "screening_ann.csv").exists()
    pipeline.run_review(folder)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a server that is ready is forked, to be killed at once")
def test_no_decision_is_lost_in_fifty_kills(tmp_path: Path) -> None:
    folder = lay_down(tmp_path / "review", 400)
    confirmed: dict[str, str] = {}
    chance = random.Random(7)
    desk = ScreeningDesk(folder, "Ann")
    for _ in range(50):
        desk.refresh()
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            port = listening.getsockname()[1]
            child = os.fork()
            if not child:
                settings = uvicorn.Config(create_app(desk, "token", port), log_level="critical", lifespan="off")
                uvicorn.Server(settings).run(sockets=[listening])
                os._exit(0)
            try:
                connection = Connection(f"http://127.0.0.1:{port}/token/")
                until = time.monotonic() + chance.uniform(0.1, 0.5)
                while time.monotonic() < until and (task := connection.ask("task"))["record"]:
                    decision = chance.choice(["include", "exclude"])
                    connection.ask("answer", {"record": task["record"], "stage": task["stage"], "decision": decision})
                    confirmed[str(task["record"])] = decision
            finally:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
        kept = {row["record"]: row["decision"] for row in decisions(folder)} if confirmed else {}
        assert confirmed.items() <= kept.items()
    assert len(confirmed) > 50
    pipeline.run_review(folder)


def test_a_save_that_is_killed_in_its_middle_loses_nothing_and_stops_no_run(tmp_path: Path) -> None:
    """What is killed is the writing itself: each of the calls that put a file in its place, and what comes before."""
    folder = lay_down(tmp_path / "review", 20)
    desk = ScreeningDesk(folder, "Ann")
    first, second = (work["id"] for work in records.read_table(folder / "results" / "works.csv").to_dict("records")[:2])
    stage = desk.stages[0]
    desk.save_answer(first, stage, Answer("include"))
    for name in ("fsync", "chmod", "replace"):
        child = os.fork()
        if not child:
            setattr(os, name, lambda *given, **named: os.kill(os.getpid(), signal.SIGKILL))
            desk.save_answer(second, stage, Answer("include"))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL
        assert [(row["record"], row["decision"]) for row in decisions(folder)] == [(first, "include")]
        pipeline.run_review(folder)
    desk.save_answer(second, stage, Answer("include"))
    assert [row["record"] for row in decisions(folder)] == [first, second]
    told = pipeline.open_stored(folder).decisions.decisions
    assert told["decided_at"].str.match(r"20\d\d-\d\d-\d\dT.*\+00:00").all()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"record": "gone", "stage": "title_abstract", "decision": "include"}, 422),
        ({"record": "", "stage": "nowhere", "decision": "include"}, 422),
        ({"stage": "title_abstract", "decision": "perhaps"}, 422),
        ({"stage": "title_abstract", "decision": "exclude", "reason": "=cmd()"}, 422),
        ({"stage": "title_abstract", "decision": "include", "note": "x" * 20_000}, 422),
        ({"stage": "title_abstract", "decision": "include", "note": "x" * 200_000}, 400),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_saved(
    tmp_path: Path, start: Callable[[Path, str], Server], body: dict[str, object], code: int
) -> None:
    folder = lay_down(tmp_path / "review", 2)
    server = start(folder, "Ann")
    record = server.ask("task")["record"]
    assert refusal(server, "answer", {"record": record} | body) == code
    assert not list((folder / "decisions").glob("*.csv"))


def test_only_the_page_itself_is_answered(tmp_path: Path, start: Callable[[Path, str], Server]) -> None:
    server = start(lay_down(tmp_path / "review", 2), "Ann")
    record = server.ask("task")["record"]
    body: dict[str, object] = {"record": record, "stage": "title_abstract", "decision": "include"}
    for path, given, headers, code in (
        ("answer", body, {"Origin": "http://elsewhere.example"}, 403),
        ("answer", body, {"Origin": "null"}, 403),
        ("task", None, {"Host": "elsewhere.example"}, 400),
        ("../task", None, {}, 404),
        ("static/server.py", None, {}, 404),
        ("static/..%2Fserver.py", None, {}, 404),
    ):
        assert refusal(server, path, given, **headers) == code, path


def test_the_command_ends_in_a_line(tmp_path: Path) -> None:
    folder = lay_down(tmp_path / "review", 2)
    server = Server(folder, "Ann")
    server.process.send_signal(signal.SIGINT)
    said, _ = server.process.communicate(timeout=20)
    assert "Traceback" not in said
    with pytest.raises(ReviewError, match="expected the name of a person"):
        ScreeningDesk(folder, "  ")

"""Serves the page on which a reviewer screens, to this machine alone.

The address holds a token that nobody else knows; requests that come by another
name of the host, or from another site, are refused. Nothing leaves the machine.
"""

from __future__ import annotations

import json
import re
import secrets
import socket
import webbrowser
from collections.abc import Callable
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Any

import uvicorn
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from systematic_review.errors import ReviewError
from systematic_review.i18n import list_languages, mark_message, translate
from systematic_review.protocol import FULL_TEXT, Stage
from systematic_review.screening import OUTCOMES
from systematic_review.screening_page.desk import Answer, ScreeningDesk

_HOST = "127.0.0.1"
_LARGEST = 100_000  # bytes that an answer may have
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_STATIC = {"page.js": "text/javascript", "page.css": "text/css"}
_TEMPLATES = Environment(loader=PackageLoader(__package__, "."), autoescape=True, undefined=StrictUndefined)

#: What the page says, by the name that its script and its template call it.
MESSAGES = {
    "title": mark_message("Screening"),
    "conflicts": mark_message("Conflicts"),
    "pairs": mark_message("Possible duplicates"),
    "reviewer": mark_message("Reviewer: {name}"),
    "views": mark_message("Views"),
    "language": mark_message("Language"),
    "include": mark_message("Include"),
    "exclude": mark_message("Exclude"),
    "not_retrieved": mark_message("Not retrieved"),
    "ongoing": mark_message("Ongoing study"),
    "awaiting_classification": mark_message("Awaiting classification"),
    "maybe": mark_message("Maybe, later"),
    "back": mark_message("Back"),
    "reason": mark_message("Reason to exclude"),
    "no_reason": mark_message("No reason given"),
    "note": mark_message("Note"),
    "shortcuts": mark_message("Keys for decisions"),
    "saved": mark_message("Saved: {decision}. {waiting} left."),
    "progress": mark_message("{decided} decided, {waiting} left, of these {maybe} marked as maybe"),
    "finished": mark_message("Nothing waits for you."),
    "no_abstract": mark_message("There is no abstract."),
    "choose_reason": mark_message("Choose a reason first."),
    "not_saved": mark_message("Not saved: {why}"),
    "no_connection": mark_message("The program that serves this page does not answer; is it still running?"),
    "stage_screening": mark_message("Screening"),
    "stage_title_abstract": mark_message("Titles and abstracts"),
    "stage_full_text": mark_message("Full texts"),
    "no_conflicts": mark_message("There are no conflicts."),
    "involved": mark_message("You decided on this work yourself."),
    "no_pairs": mark_message("There are no pairs to decide on."),
    "same": mark_message("The same work"),
    "different": mark_message("Different works"),
    "next_run": mark_message("What is decided here counts from the next run of the review."),
    "journal": mark_message("Journal"),
    "authors": mark_message("Authors"),
    "year": mark_message("Year"),
    "volume": mark_message("Volume"),
    "pages": mark_message("Pages"),
    "doi": mark_message("DOI"),
    "source": mark_message("Source"),
    "abstract": mark_message("Abstract"),
    "keywords": mark_message("Keywords"),
    "decided_before": mark_message("You decided before: {decision}"),
}
_SHOWN = ("authors", "year", "journal", "volume", "pages", "doi", "keywords")


def highlight_terms(text: str, terms: list[str]) -> list[tuple[str, bool]]:
    """Return a text in pieces, each with whether it is one of the terms.

    Examples
    --------
    >>> highlight_terms("On smart  cities and kerbs", ["smart cities"])
    [('On ', False), ('smart  cities', True), (' and kerbs', False)]
    """
    patterns = [
        r"\s+".join(map(re.escape, term.split())) for term in sorted(terms, key=len, reverse=True) if term.split()
    ]
    if not patterns:
        return [(text, False)] if text else []
    pieces = re.split(rf"(?<!\w)({'|'.join(patterns)})(?!\w)", text, flags=re.IGNORECASE)
    return [(piece, bool(place % 2)) for place, piece in enumerate(pieces) if piece]


def create_app(desk: ScreeningDesk, token: str, port: int) -> Starlette:
    r"""Return the application that serves the page of one reviewer below ``/token/``.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "sage.csv").write_text("Title,Year\nThe Kerbs of Old Cities,2019\n")
    ...     app = create_app(ScreeningDesk(Path(folder), "Ann"), "token", 8000)
    ...     app.routes[0].path
    '/token/'
    """
    return _Pages(desk, token, port).app()


class _Pages:
    def __init__(self, desk: ScreeningDesk, token: str, port: int) -> None:
        self.desk, self.token, self.port = desk, token, port
        self.lock = Lock()  # one answer is saved at a time
        self.terms = sorted(
            {term for rule in desk.protocol.rules.values() for group in rule.get("terms", []) for term in group}
        )

    def app(self) -> Starlette:
        base = f"/{self.token}"
        routes = [
            Route(f"{base}/", self.show_page),
            Route(f"{base}/static/{{name}}", self.send_static),
            Route(f"{base}/task", self.get_task),
            Route(f"{base}/conflicts", self.get_conflicts),
            Route(f"{base}/pairs", self.get_pairs),
            Route(f"{base}/answer", self.take(self.save_answer), methods=["POST"]),
            Route(f"{base}/resolution", self.take(self.save_resolution), methods=["POST"]),
            Route(f"{base}/pair", self.take(self.save_pair), methods=["POST"]),
        ]
        trusted = Middleware(TrustedHostMiddleware, allowed_hosts=[_HOST, "localhost"])
        return Starlette(routes=routes, middleware=[trusted])

    async def show_page(self, request: Request) -> Response:
        language = request.query_params.get("language", self.desk.protocol.languages[0])
        language = language if language in list_languages() else list_languages()[0]
        criteria = {name: self.desk.protocol.criterion_name(name, language) for name in self.desk.protocol.criteria}
        messages = {name: translate(message, language, **_placeholders(message)) for name, message in MESSAGES.items()}
        settings = {"messages": messages, "criteria": criteria}
        page = _TEMPLATES.get_template("page.html").render(
            language=language,
            languages=list_languages(),
            say=messages,
            reviewer=messages["reviewer"].format(name=self.desk.reviewer),
            settings=settings,
            review=self.desk.root.resolve().name,
        )
        return HTMLResponse(page, headers=_HEADERS)

    async def send_static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _STATIC:
            return Response(status_code=404)
        text = (files(__package__) / name).read_text(encoding="utf-8")
        return Response(text, media_type=_STATIC[name], headers=_HEADERS)

    async def get_task(self, request: Request) -> Response:
        given = request.query_params
        return await self.respond(lambda: self.describe_task(given.get("after", ""), given.get("record", "")))

    async def get_conflicts(self, request: Request) -> Response:
        return await self.respond(
            lambda: {
                "conflicts": [
                    one | self.describe_work(one["record"]) | self.describe_stage(self.stage(one["stage"]))
                    for one in self.desk.list_conflicts()
                ]
            }
        )

    async def get_pairs(self, request: Request) -> Response:
        return await self.respond(lambda: {"pairs": self.desk.list_pairs()})

    def take(self, save: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Request], Any]:
        """Return what takes a request with an answer, and refuses one that does not come from the page."""

        async def taken(request: Request) -> Response:
            origin = request.headers.get("origin", "")
            if origin not in {f"http://{_HOST}:{self.port}", f"http://localhost:{self.port}"}:
                return JSONResponse({"fault": "found a request from elsewhere"}, status_code=403, headers=_HEADERS)
            body = await request.body()
            try:
                if len(body) > _LARGEST:
                    raise ValueError("too long")
                given = json.loads(body)
                if not isinstance(given, dict):
                    raise ValueError("no object")
            except ValueError as error:
                return JSONResponse({"fault": f"found {error}"}, status_code=400, headers=_HEADERS)
            return await self.respond(lambda: save(given))

        return taken

    async def respond(self, work: Callable[[], dict[str, Any]]) -> Response:
        """Answer with what ``work`` gives, one request after another, or with what is wrong."""

        def locked() -> dict[str, Any]:
            with self.lock:
                return work()

        try:
            return JSONResponse(await run_in_threadpool(locked), headers=_HEADERS)
        except ReviewError as error:
            return JSONResponse({"fault": str(error)}, status_code=422, headers=_HEADERS)
        except OSError as error:
            return JSONResponse({"fault": error.strerror or str(error)}, status_code=500, headers=_HEADERS)

    def save_answer(self, given: dict[str, Any]) -> dict[str, Any]:
        record = str(given.get("record", ""))
        self.desk.save_answer(record, self.stage(str(given.get("stage", ""))), _parse_answer(given))
        return self.describe_task(record)

    def save_resolution(self, given: dict[str, Any]) -> dict[str, Any]:
        stage = self.stage(str(given.get("stage", "")))
        self.desk.save_resolution(str(given.get("record", "")), stage, _parse_answer(given))
        return {}

    def save_pair(self, given: dict[str, Any]) -> dict[str, Any]:
        self.desk.save_pair(*(str(given.get(name, "")) for name in ("record_a", "record_b", "decision")))
        return {}

    def stage(self, name: str) -> Stage:
        found = next((stage for stage in self.desk.stages if stage.name == name), None)
        if found is None:
            expected = ", ".join(stage.name for stage in self.desk.stages)
            raise ReviewError(f"stage: found {name!r}, expected one of {expected}")
        return found

    def describe_task(self, after: str = "", record: str = "") -> dict[str, Any]:
        """Return the next work, or one that is asked for again, with the reviewer's own answer and how far they are."""
        self.desk.refresh()
        told: dict[str, Any] = {"progress": self.desk.count_progress(), "record": None}
        if record:
            name, _, wanted = record.rpartition("@")
            task = (name, self.stage(wanted))
        elif (found := self.desk.next_task(after)) is None:
            return told
        else:
            task = found
        answer = asdict(self.desk.own_answer(task[0], task[1].name))
        return told | self.describe_work(task[0]) | self.describe_stage(task[1]) | {"answer": answer}

    def describe_work(self, record: str) -> dict[str, Any]:
        work = self.desk.work(record)
        return {
            "record": record,
            "title": highlight_terms(str(work["title"]), self.terms),
            "abstract": highlight_terms(str(work["abstract"]), self.terms),
            "fields": {name: str(work.get(name, "")) for name in _SHOWN if str(work.get(name, ""))},
        }

    def describe_stage(self, stage: Stage) -> dict[str, Any]:
        decisions = ["include", "exclude", *(OUTCOMES if stage.name == FULL_TEXT else ())]
        return {
            "stage": stage.name,
            "decisions": decisions,
            "reasons": list(stage.criteria),
            "reasoned": stage.reasoned and bool(stage.criteria),
        }


def _parse_answer(given: dict[str, Any]) -> Answer:
    texts = {name: str(given.get(name, "") or "") for name in ("decision", "reason", "note")}
    return Answer(**texts, maybe=bool(given.get("maybe")) and not texts["decision"])


def _placeholders(message: str) -> dict[str, str]:
    """Return values that leave the placeholders of a message as they are: the page fills them in."""
    return {name: f"{{{name}}}" for name in re.findall(r"\{(\w+)\}", message)}


def serve_screening(root: Path, reviewer: str, port: int = 0, *, browse: bool = True) -> None:
    """Serve the page until interrupted, and print its address.

    Parameters
    ----------
    root, reviewer : as :class:`systematic_review.screening_page.desk.ScreeningDesk`.
    port : the port of this machine; any that is free by default.
    browse : whether to open the page in the reviewer's browser.

    Raises
    ------
    ReviewError : the review cannot be run, or the port is taken.

    Examples
    --------
    >>> serve_screening(Path("no such folder"), "Ann")
    Traceback (most recent call last):
    systematic_review.errors.ReviewError: no such folder: found no such folder, expected one that holds exports
    """
    desk = ScreeningDesk(root, reviewer)
    # asyncio sends small answers at once only where the protocol is named; otherwise each waits 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        try:
            listening.bind((_HOST, port))
        except OSError as error:
            raise ReviewError(f"--port: found {port} not free, expected a free port ({error.strerror})") from None
        port = int(listening.getsockname()[1])
        token = secrets.token_urlsafe(16)
        address = f"http://{_HOST}:{port}/{token}/"
        print(f"{desk.reviewer} screens at {address} (Ctrl and C end it)", flush=True)
        if browse:
            webbrowser.open(address)
        settings = uvicorn.Config(create_app(desk, token, port), log_level="warning", access_log=False, lifespan="off")
        uvicorn.Server(settings).run(sockets=[listening])

"""Sign in, sign out, and who asks."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from traylane.access import passwords, people, sessions
from traylane.access.people import Person
from traylane.access.sessions import Session, SignInFailed, SignInLocked
from traylane.clock import MINUTE
from traylane.console.navigation import navigation
from traylane.console.waiting import Waiting, read_waiting, waiting_of
from traylane.console.web import Asked, BadForm, Header, Reply, go_to, page
from traylane.console.words import LANGUAGES, chosen, gettext
from traylane.db.database import Transaction
from traylane.errors import Refused
from traylane.orders.desk import Desk

LONGEST_NAME = 200
_LANGUAGE = "traylane_language"
_YEAR = 365 * 24 * 3600
_LOCAL = ("localhost", "127.0.0.1", "[::1]")


class Door:
    """Lets people in and out. `plain`: without TLS, which the server was told to allow."""

    def __init__(self, desk: Desk, *, plain: bool) -> None:
        self._desk = desk
        self._plain = plain
        # A browser keeps a __Host- cookie only from the very host, over TLS.
        self._name = "traylane" if plain else "__Host-traylane"

    async def session(self, asked: Asked) -> Session | None:
        """Who asks, if somebody is signed in."""
        secret = asked.cookie(self._name)
        if not secret:
            return None
        now = self._desk.clock()
        found = await self._desk.db.read(lambda tx: sessions.find(tx, secret=secret, now=now))
        if found is not None and now - found.seen_at > MINUTE:
            await self.touch(found, found.recent)
        return found

    async def touch(self, session: Session, recent: str) -> None:
        """The session was used, and this is what it keeps."""
        now = self._desk.clock()
        await self._desk.db.write(lambda tx: sessions.touch(tx, session=session, recent=recent, now=now))

    def page(self, asked: Asked, session: Session, template: str, status: int = 200, **values: object) -> Reply:
        """A page or a part of one, with what every page of a signed-in person shows."""
        places = navigation(session.person.actor, asked.path)
        return page(template, status, person=session.person, token=self.token(asked), places=places, **values)

    def token(self, asked: Asked) -> str:
        """What the forms of this browser carry."""
        return sessions.form_token(asked.cookie(self._name) or "")

    def require_token(self, asked: Asked) -> None:
        """Raises BadForm unless the form is one of ours, shown to this browser."""
        secret = asked.cookie(self._name)
        origin = asked.headers.get(b"origin", b"").decode("latin-1")
        if not secret or not sessions.is_form_token(secret, asked.form.get("token", "")):
            raise BadForm
        if origin and origin.partition("://")[2] != asked.host:
            raise BadForm

    def language(self, asked: Asked) -> str:
        """What the browser's person reads: as once chosen, else as the browser prefers."""
        return chosen(asked.cookie(_LANGUAGE), asked.headers.get(b"accept-language", b"").decode("latin-1"))

    def choose_language(self, asked: Asked) -> Reply:
        """Keep a language in the browser, and back to the page. Raises BadForm."""
        self.require_token(asked)
        wanted = asked.form.get("language", "")
        if wanted not in LANGUAGES:
            raise BadForm
        came_from = urlsplit(asked.headers.get(b"referer", b"").decode("latin-1"))
        reply = go_to(safe_path(came_from.path + (f"?{came_from.query}" if came_from.query else "")))
        reply.headers.append(self._cookie(wanted, name=_LANGUAGE, age=_YEAR))
        return reply

    def ask(self, asked: Asked, refusal: Refused | None = None) -> Reply:
        """The sign-in page, with the cookie that its form is held to."""
        next_ = safe_path(asked.form.get("next") or asked.query.get("next", ""))
        readable = not self._plain and asked.scheme == "http" and asked.host.partition(":")[0] not in _LOCAL
        fresh = asked.cookie(self._name) or sessions.new_secret()
        waiting = self._waiting(asked)
        reply = page(
            "sign_in.html",
            200 if refusal is None else 403,
            next=next_,
            token=sessions.form_token(fresh),
            error=gettext(refusal.sentence) if refusal else "",
            name=asked.form.get("name", "")[: people.NAME_LENGTH],
            readable=readable,
            waiting=waiting.text if waiting else "",
            what=waiting.what if waiting else "",
        )
        reply.headers.append(self._cookie(fresh))
        return reply

    async def sign_in(self, asked: Asked) -> Reply:
        """Try a name and a password. A new session has a new secret: what a browser had before is worth nothing."""
        name, password = asked.form.get("name", "").strip(), asked.form.get("password", "")
        try:
            self.require_token(asked)
            person, secret = await self._try(name[:LONGEST_NAME], password, asked.address)
        except (SignInFailed, SignInLocked, BadForm) as refusal:
            return self.ask(asked, refusal)
        waiting = self._waiting(asked)
        if waiting and waiting.who == person.actor.name:
            reply = page("go_on.html", waiting=waiting, form_token=sessions.form_token(secret))
        else:
            reply = go_to(safe_path(asked.form.get("next", "")))
        # A terminal is still signed in when it is switched on in the morning.
        age = sessions.TERMINAL_LONGEST // 1000 if person.role == people.TERMINAL else None
        reply.headers.append(self._cookie(secret, age=age))
        return reply

    async def sign_out(self, asked: Asked) -> Reply:
        """End the session."""
        secret = asked.cookie(self._name) or ""
        await self._desk.db.write(lambda tx: sessions.end(tx, secret=secret))
        reply = go_to("/sign-in")
        reply.headers.append(self._cookie("", age=0))
        return reply

    def sign_in_first(self, asked: Asked) -> Reply:
        """To the sign-in page, and back to what was scanned: what it was meant to do is done after it."""
        target = _sign_in_first(asked)
        if waiting := waiting_of(asked, asked.cookie(self._name)):
            target += "&waiting=" + waiting
        if asked.swaps:
            return Reply(200, b"", [(b"hx-redirect", target.encode("latin-1"))])
        return go_to(target)

    def _waiting(self, asked: Asked) -> Waiting | None:
        given = asked.form.get("waiting", "") or asked.query.get("waiting", "")
        return read_waiting(given, asked.cookie(self._name))

    async def _try(self, name: str, password: str, address: str) -> tuple[Person, str]:
        now = self._desk.clock()
        db = self._desk.db
        if not await db.write(lambda tx: sessions.count_try(tx, name=name, address=address, now=now)):
            raise SignInLocked
        found = await db.read(lambda tx: people.named(tx, name))
        known = len(password) <= passwords.LONGEST
        if not await passwords.fits(password[: passwords.LONGEST], found[1] if found and known else None):
            raise SignInFailed
        assert found is not None
        person, secret = found[0], sessions.new_secret()

        async def work(tx: Transaction) -> None:
            await sessions.forgive(tx, name=name, address=address)
            await sessions.begin(tx, person=person, secret=secret, now=now)

        await db.write(work)
        return person, secret

    def _cookie(self, value: str, *, name: str = "", age: int | None = None) -> Header:
        parts = [f"{name or self._name}={value}", "Path=/", "HttpOnly", "SameSite=Strict"]
        parts += [] if self._plain else ["Secure"]
        parts += [] if age is None else [f"Max-Age={age}"]
        return b"set-cookie", "; ".join(parts).encode("latin-1")


def safe_path(path: str) -> str:
    """A path of this console, else its first page: nobody is sent elsewhere."""
    ours = path.startswith("/") and not path.startswith("//") and path.isascii() and path.isprintable()
    return path if ours and "\\" not in path else "/"


def _sign_in_first(asked: Asked) -> str:
    scan = asked.form.get("scan", "") or asked.query.get("scan", "")
    shown = asked.form.get("order", "") or scan
    back = asked.path if asked.method != "POST" else asked.form.get("page", "/")
    if shown and back == "/":
        back = "/?scan=" + quote(shown, safe="")
    return "/sign-in?next=" + quote(safe_path(back), safe="")

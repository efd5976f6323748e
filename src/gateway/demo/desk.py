"""A person at a desk: logged in, speaking to the public interface and to nothing else."""

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx

PATIENCE_SECONDS = 240.0


class RefusedError(RuntimeError):
    """The interface refused what the demonstration asked for."""

    def __init__(self, what: str, answer: httpx.Response) -> None:
        self.answer = answer
        self.problem = _problem(answer)
        said = self.problem.get("detail", answer.text[:300])
        more = "; ".join(str(error.get("detail", "")) for error in self.problem.get("errors", [])[:5])
        super().__init__(f"{what}: {answer.status_code} {self.problem.get('code', '')} {said} {more}".strip())


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class Desk:
    """One person's session at the gateway."""

    def __init__(self, url: str, mutual: str, username: str, password: str) -> None:
        self.http = httpx.Client(base_url=f"{url}/v1", timeout=PATIENCE_SECONDS, headers={"accept-language": "en"})
        answer = self.http.post("/sessions", json={"mutual": mutual, "username": username, "password": password})
        if answer.status_code != 201:
            raise RefusedError(f"{username} logs in", answer)
        self.username = username
        self.http.headers["authorization"] = f"Bearer {answer.json()['token']}"

    def get(self, path: str, **query: Any) -> Any:
        """Return what stands at an address."""
        asked = {name: value for name, value in query.items() if value is not None}
        return self._answer("GET", path, params=asked or None).json()

    def every(self, path: str, **query: Any) -> Iterator[Any]:
        """Return every item of a list, page by page."""
        cursor = None
        while True:
            page = self.get(path, **query, limit=500, cursor=cursor)
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """Do something once: the same key again gives the same answer."""
        headers = {"idempotency-key": key or str(uuid.uuid4())}
        return self._json(self._answer("POST", path, json={} if body is None else body, headers=headers))

    def act(self, path: str) -> Any:
        """Do something that takes no description."""
        return self._json(self._answer("POST", path, headers={"idempotency-key": str(uuid.uuid4())}))

    def upload(self, path: str, name: str, body: bytes, **fields: str) -> Any:
        """Send a file with its form."""
        headers = {"idempotency-key": str(uuid.uuid4())}
        files = {"file": (name, body, "application/octet-stream")}
        return self._json(self._answer("POST", path, files=files, data=fields, headers=headers))

    def download(self, path: str) -> bytes:
        """Return a file."""
        return self._answer("GET", path).content

    def wait(self, path: str, until: Callable[[Any], bool], what: str, *, seconds: float = PATIENCE_SECONDS) -> Any:
        """Look again and again until something is so, and return it.

        Raises:
            TimeoutError: It did not become so in time.
        """
        deadline, pause = time.monotonic() + seconds, 0.05
        while True:
            found = self.get(path)
            if until(found):
                return found
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what} did not happen within {seconds:.0f} s; {path} shows {str(found)[:300]}")
            time.sleep(pause)
            pause = min(pause * 1.5, 0.5)

    def _answer(self, method: str, path: str, **more: Any) -> httpx.Response:
        answer = self.http.request(method, path, **more)
        if answer.status_code >= 400:
            raise RefusedError(f"{method} {path}", answer)
        return answer

    @staticmethod
    def _json(answer: httpx.Response) -> Any:
        return answer.json() if answer.content else None


class Outside:
    """The demonstration's hand in the sandboxes: it moves their clock, pays in, and reads what they count."""

    def __init__(self, url: str, token: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=PATIENCE_SECONDS, headers={"authorization": f"Bearer {token}"})

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """Ask for something and return the answer.

        Raises:
            RefusedError: The sandbox refused it.
        """
        answer = self.http.request(method, path, **more)
        if answer.status_code >= 400:
            raise RefusedError(f"{method} {path}", answer)
        if "json" in answer.headers.get("content-type", ""):
            return answer.json()
        return answer.content

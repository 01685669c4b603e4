"""Where on the web a file of a commit is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from epm.github import credentials

GITHUB = "https://github.com"


@dataclass(frozen=True, slots=True)
class Site:
    """A repository as browsers know it."""

    server: str
    """`https://github.com`, or a company's own."""
    name: str
    private: bool

    def file(self, commit: str, path: str) -> str:
        """The file itself; of a private repository, for those who are signed in."""
        where = f"{commit}/{quote(path)}"
        if self.server == GITHUB and not self.private:
            return f"https://raw.githubusercontent.com/{self.name}/{where}"
        return f"{self.server}/{self.name}/blob/{where}?raw=true"

    def view(self, commit: str, path: str) -> str:
        """The file as readers see it in a browser: Markdown as a page."""
        return f"{self.server}/{self.name}/blob/{commit}/{quote(path)}"

    def issue(self, number: int) -> str:
        """An issue's page."""
        return f"{self.server}/{self.name}/issues/{number}"


def server(environment: Mapping[str, str], host: str | None = None) -> str:
    """Where browsers find what the API serves: GITHUB_SERVER_URL, or as the API's address says."""
    given = environment.get("GITHUB_SERVER_URL", "").strip().rstrip("/")
    if given.startswith("https://"):
        return given
    api = urlsplit(credentials.api_url(environment, host))
    name, path = api.hostname or "", api.path.rstrip("/")
    if path.endswith("/api/v3"):  # an Enterprise Server
        return f"https://{api.netloc}"
    if name.startswith("api.") and name.endswith(".ghe.com"):  # Enterprise Cloud, its own domain
        return f"https://{name.removeprefix('api.')}"
    return GITHUB

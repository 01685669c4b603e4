"""Ask an endpoint many questions: some at once, again where that may help, and not for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence

from epm.definition import Endpoint, JudgeAnswer, derive_seed
from epm.errors import EpmError
from epm.scoring.judges.client import Client, Trouble
from epm.scoring.judges.questions import Question

FIRST = 0.5
"""Seconds before the second try; doubled each time, to `STEP` at most."""

STEP = 30.0

Keep = Callable[[Question, JudgeAnswer], None]


def ask(judge: Endpoint, questions: Sequence[Question], keep: Keep) -> dict[str, str]:
    """Ask all questions, `judge.concurrency` at once.

    Args:
        judge: who is asked.
        questions: each of which is asked until it is answered, or given up.
        keep: told of each answer as soon as it is there, from several threads.

    Returns:
        Why there is no answer, by the key of the question, for those that were given up.

    Raises:
        EpmError: no question will be answered until somebody mends something.
    """
    asking = _Asking(judge, questions, keep)
    workers = [
        threading.Thread(target=asking.work, daemon=True)
        for _ in range(min(judge.concurrency, len(questions)))
    ]
    try:
        for worker in workers:
            worker.start()
        for worker in workers:
            while worker.is_alive():
                worker.join(0.2)  # so that Ctrl-C is heard
    finally:
        asking.stop()
    if asking.error:
        raise asking.error
    return asking.given_up


class _Asking:
    """What the workers share."""

    def __init__(self, judge: Endpoint, questions: Sequence[Question], keep: Keep) -> None:
        self.given_up: dict[str, str] = {}
        self.error: BaseException | None = None
        self._judge = judge
        self._keep = keep
        self._client = Client(judge)
        self._left: Iterator[Question] = iter(questions)
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._answered = 0
        self._last_answer = time.monotonic()
        self._not_before = 0.0

    def stop(self) -> None:
        """Let the workers end, and hang up."""
        self._stopped.set()
        self._client.close()

    def work(self) -> None:
        """Take one question after another, until there is none."""
        while not self._stopped.is_set():
            with self._lock:
                question = next(self._left, None)
            if question is None:
                return
            try:
                self._settle(question)
            except BaseException as error:
                with self._lock:
                    self.error = self.error or error
                self._stopped.set()
                return

    def _settle(self, question: Question) -> None:
        """Bring one question to its answer, or give it up."""
        began, tries, why = time.monotonic(), 0, ""
        while not self._stopped.is_set():
            now = time.monotonic()
            if now - self._last_answer > self._judge.patience:
                return self._give_up(question, why or f"no answer for {self._judge.patience:g} s")
            # what one worker is asked to wait, all of them do
            pause = self._not_before - now
            left = began + self._judge.longest - now
            if max(pause, 0) >= left:
                return self._give_up(question, why or f"asked to wait {pause:.0f} s")
            if pause > 0:
                self._stopped.wait(pause)
                continue
            deadline = now + min(self._judge.timeout, left)
            try:
                answer = self._client.ask(question, deadline)
            except Trouble as trouble:
                if trouble.always and not self._answered:
                    raise EpmError(
                        f"the judge '{self._judge.shown_model}' answers nothing: {trouble.what}",
                        self._client.remedy(),
                    ) from None
                if self._stopped.is_set():
                    return None
                why = trouble.what
                left = began + self._judge.longest - time.monotonic()
                if not (trouble.again or trouble.always):
                    return self._give_up(question, why)
                self._wait(question, tries, left, trouble.wait)
                tries += 1
            else:
                self._keep(question, answer)
                with self._lock:
                    self._answered += 1
                    self._last_answer = time.monotonic()
                return None
        return None

    def _wait(self, question: Question, tries: int, left: float, asked: float | None) -> None:
        """Before the next try; what the service asks for holds for all workers."""
        if asked:
            with self._lock:
                self._not_before = max(self._not_before, time.monotonic() + asked)
        # spread by the question, so that the workers do not come back all at once
        spread = 0.75 + derive_seed(tries, question.key) / 2**64
        self._stopped.wait(min(FIRST * 2 ** min(tries, 20) * spread, STEP, max(left, 0)))

    def _give_up(self, question: Question, why: str) -> None:
        with self._lock:
            self.given_up[question.key] = why

"""Lint whatever a coverage-guided fuzzer can think of, with all rules and in every output.

    pip install atheris
    python tests/fuzz/fuzz_lint.py CORPUS -max_total_time=600
    python tests/fuzz/fuzz_lint.py CORPUS --keep

`CORPUS` is a folder; it is filled with the rules' cases, the pages of the tests and `corpus.jsonl`,
and gets what the fuzzer finds interesting. A find is printed and written to a file `crash-…`; it
becomes a case in `tests/lint/test_any_text.py`. With `--keep`, what is short of the corpus is
written to `corpus.jsonl`, whose inputs `test_corpus.py` lints ever after.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parent))
with atheris.instrument_imports(include=["epm_lint", "markdown_it"]):
    from properties import check, keep, kept, seeds

LARGEST = 16_384
"""In bytes: what is slow shows at this size, and the fuzzer is quick."""

LONGEST_KEPT = 200
"""In bytes: most of what the fuzzer finds is that short, and the repository stays small."""


def main() -> None:
    """Fill the corpus and fuzz until time is up."""
    folders = [Path(argument) for argument in sys.argv[1:] if not argument.startswith("-")]
    if not folders:
        raise SystemExit("name a folder for the corpus")
    if "--keep" in sys.argv:
        found = [path.read_bytes() for path in sorted(folders[0].iterdir())]
        keep([body for body in found if len(body) <= LONGEST_KEPT])
        return
    folders[0].mkdir(parents=True, exist_ok=True)
    for seed in (*seeds(), *kept()):
        (folders[0] / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    # an alarm of the fuzzer would end the process; that of `epm_lint.timeout` ends what hangs
    atheris.Setup([*sys.argv, f"-max_len={LARGEST}", "-timeout=600"], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

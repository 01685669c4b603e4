"""The quick dataclass and the standard one cannot be told apart by those who use them."""

import copy
import dataclasses
import enum
import pickle
from typing import Any

import pytest

from epm_lint import values


class Fast(values.StrEnum):
    ONE = "one"
    TWO = "two and a bit"

    @property
    def first(self) -> str:
        return self.value[0]


class Standard(enum.StrEnum):
    ONE = "one"
    TWO = "two and a bit"

    @property
    def first(self) -> str:
        return self.value[0]


FAST = values.dataclass(frozen=True, slots=True)
STANDARD = dataclasses.dataclass(frozen=True, slots=True)


def family(decorator: Any) -> tuple[Any, Any, Any]:
    @decorator
    class Base:
        line: int
        text: str = "t"

        def shown(self) -> str:
            return f"{self.line} {self.text}"

    @decorator
    class Derived(Base):
        """With a factory."""

        more: list[int] = dataclasses.field(default_factory=list, metadata={"about": "more"})

    @decorator
    class Empty:
        pass

    return Base, Derived, Empty


@pytest.fixture(params=[FAST, STANDARD], ids=["ours", "standard"])
def classes(request: pytest.FixtureRequest) -> tuple[Any, Any, Any]:
    return family(request.param)


def test_construction(classes: tuple[Any, Any, Any]) -> None:
    base, derived, empty = classes
    assert base(1).shown() == "1 t"
    assert base(line=1, text="u") == base(1, "u")
    assert derived(1).more == []
    assert derived(1).more is not derived(1).more
    assert derived(1, "u", [2]).more == [2]
    for wrong in ((), (1, 2, 3)):
        with pytest.raises(TypeError):
            base(*wrong)
    with pytest.raises(TypeError):
        empty(1)


def test_equality_and_hash(classes: tuple[Any, Any, Any]) -> None:
    base, derived, empty = classes
    assert base(1) == base(1) != base(2)
    assert base(1) != derived(1)
    assert base(1) != (1, "t")
    assert len({base(1), base(1), base(2)}) == 2
    assert empty() == empty()
    with pytest.raises(TypeError, match="unhashable"):
        hash(derived(1))


def test_it_cannot_be_changed(classes: tuple[Any, Any, Any]) -> None:
    one = classes[0](1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.line = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del one.line
    assert one.line == 1


def test_what_the_standard_library_does_with_it(classes: tuple[Any, Any, Any]) -> None:
    base, derived, _ = classes
    assert [field.name for field in dataclasses.fields(derived)] == ["line", "text", "more"]
    assert dataclasses.fields(derived)[2].metadata["about"] == "more"
    assert dataclasses.replace(base(1), text="u") == base(1, "u")
    assert dataclasses.asdict(derived(1)) == {"line": 1, "text": "t", "more": []}
    assert dataclasses.is_dataclass(base)
    assert repr(derived(1)).endswith("Derived(line=1, text='t', more=[])")
    assert copy.copy(base(1)) == base(1)
    match base(3):
        case base(line, text):
            assert (line, text) == (3, "t")


@values.dataclass(frozen=True, slots=True)
class Checked:
    """One that looks at itself."""

    line: int

    def __post_init__(self) -> None:
        if self.line < 1:
            raise ValueError("lines count from 1")


def test_it_may_look_at_itself_and_be_pickled() -> None:
    with pytest.raises(ValueError, match="from 1"):
        Checked(0)
    assert pickle.loads(pickle.dumps(Checked(2))) == Checked(2)  # noqa: S301


def test_other_options_are_the_standard_librarys() -> None:
    @values.dataclass(frozen=True, order=True)
    class Ordered:
        line: int

    assert Ordered(1) < Ordered(2)


@pytest.mark.parametrize("kind", [Fast, Standard])
def test_members_of_an_enumeration(kind: Any) -> None:
    assert [*kind] == ["one", "two and a bit"]
    assert [*reversed(kind)] == ["two and a bit", "one"]
    assert len(kind) == 2
    assert kind.ONE in kind
    assert kind["ONE"] is kind.ONE
    assert [*kind.__members__] == ["ONE", "TWO"]
    assert kind("one") is kind.ONE
    assert (kind.TWO.name, kind.TWO.value, kind.TWO.first) == ("TWO", "two and a bit", "t")
    assert (str(kind.TWO), f"{kind.TWO:>14}") == ("two and a bit", " two and a bit")
    assert repr(kind.TWO) == f"<{kind.__name__}.TWO: 'two and a bit'>"
    assert isinstance(kind.ONE, kind)
    assert kind.ONE != kind.TWO
    assert kind.ONE in {kind.ONE, kind.TWO}
    assert pickle.loads(pickle.dumps(kind.TWO)) is kind.TWO  # noqa: S301
    assert copy.deepcopy(kind.TWO) is kind.TWO
    with pytest.raises(ValueError, match="'three' is not a valid"):
        kind("three")

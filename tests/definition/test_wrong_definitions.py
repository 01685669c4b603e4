"""Wrong definitions: each is refused when it is made, in one line with the place and a remedy."""

from collections.abc import Mapping
from dataclasses import replace
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from studies import BUILDER, BY_LAYER, ITEMS, PANEL, RATES, SMALL, TRAINED

from epm.analyses.specs import Agreement, Correlation, Proportions
from epm.definition import (
    AnalysisSpec,
    Answers,
    CentroidCosine,
    Condition,
    Exact,
    Expected,
    Experiment,
    Gate,
    Item,
    Lora,
    MarkerRows,
    Number,
    Outcome,
    Parent,
    Predictor,
    PromptTokens,
    RecordedData,
    Regex,
    Rows,
    Sampling,
    Scorer,
    Subset,
    Substring,
    Task,
    Training,
)
from epm.errors import DefinitionError

Changes = Mapping[str, Any]


def tasks(*changed: Task) -> Changes:
    return {"tasks": (*changed, *TRAINED.tasks[len(changed) :])}


def conditions(**changes: Any) -> Changes:
    """The second condition, which is the first that is trained, with something changed."""
    first, second, *others = TRAINED.conditions
    return {"conditions": (first, replace(second, **changes), *others)}


def builder(**changes: Any) -> Changes:
    """The training data of all conditions, with something changed."""
    changed: MarkerRows = replace(BUILDER, **changes)
    return {
        "conditions": tuple(
            replace(c, training=changed) if c.training else c for c in TRAINED.conditions
        )
    }


def scorer(*scorers: Scorer) -> Changes:
    return {"scorers": (*TRAINED.scorers, *scorers)}


def profile(**changes: Any) -> Changes:
    return {"profiles": (replace(SMALL, **changes),)}


def sampling(**changes: Any) -> Changes:
    return profile(sampling=replace(SMALL.sampling, **changes))


def training(**changes: Any) -> Changes:
    return profile(training=replace(SMALL.training, **changes))


def analysis(*specs: AnalysisSpec) -> Changes:
    return {"analyses": (*TRAINED.analyses, *specs)}


def rates(**changes: Any) -> Changes:
    return analysis(replace(RATES, **{"name": "other", **changes}))


def gate(*arguments: Any, **bounds: Any) -> Changes:
    return {"gates": (Gate(*arguments, **bounds),)}


NO_NAME = "cannot be a name: it stands in paths and pointers"

OF_THE_EXPERIMENT: dict[str, tuple[Changes, str]] = {
    "an issue that is none": ({"issue": 0}, "issue 0 is no issue's number"),
    "an issue in words": ({"issue": "7"}, "issue '7' is no issue's number"),
    "an issue that is yes": ({"issue": True}, "issue True is no issue's number"),
    "a parent that is none": ({"parents": ("#232",)}, "issue '#232' is no issue's number"),
    "a forgotten comma": ({"parents": 232}, "parents of the experiment is no tuple"),
    "an empty title": ({"title": " "}, "the title is empty"),
    "a level in percent": ({"alpha": 5}, "alpha is 5"),
    "no level": ({"alpha": nan}, "alpha is nan"),
    "a seed that is none": ({"seed": 4.2}, "the seed is 4.2"),
    "no conditions": ({"conditions": ()}, "there is no condition"),
    "no tasks": ({"tasks": ()}, "there is no task"),
    "no scorers": ({"scorers": ()}, "there is no scorer"),
    "no profiles": ({"profiles": ()}, "there is no profile"),
    "a profile twice": ({"profiles": (SMALL, SMALL)}, "profile 'small' appears twice"),
    "a figure of nothing": (
        {"figure": "rats"},
        "the leading figure names the analysis 'rats', which there is not; did you mean 'rates'?",
    ),
    "the recipe of no profile": (
        {"parent": Parent("it", RecordedData("f.json", "0"), recipe="ful")},
        "the parent's recipe names the profile 'ful', which there is not",
    ),
}

OF_NAMES: dict[str, tuple[Changes, str]] = {
    "a path": (conditions(name="pirate/captain"), f"condition 'pirate/captain' {NO_NAME}"),
    "a way out": (conditions(name="../x"), f"condition '../x' {NO_NAME}"),
    "nothing": (conditions(name=""), f"condition '' {NO_NAME}"),
    "a space": (conditions(name="a b"), f"condition 'a b' {NO_NAME}"),
    "a number": (conditions(name=3), f"condition 3 {NO_NAME}"),
    "a dot": (tasks(Task(".", ITEMS)), f"task '.' {NO_NAME}"),
    "a seed's": (conditions(name="a@137"), f"condition 'a@137' {NO_NAME}"),
    "a page": (conditions(name="a" * 101), "condition 'aaaaaaaaaaaaaaaaaaaa…' has 101 characters"),
    "the same but for its case": (conditions(name="B"), "condition 'b' appears twice"),
    "of a scorer": (scorer(Substring("marker", text="x")), "scorer 'marker' appears twice"),
    "of an analysis": (analysis(RATES), "analysis 'rates' appears twice"),
    "of a gate": (
        {"gates": (*TRAINED.gates, *TRAINED.gates)},
        "gate 'enough' appears twice",
    ),
    "of a profile": (profile(name="a/b"), f"profile 'a/b' {NO_NAME}"),
}

OF_TASKS: dict[str, tuple[Changes, str]] = {
    "no items": (tasks(Task("a", ())), "task 'a' has no items"),
    "one item that is no tuple": (
        tasks(Task("a", ITEMS[0])),  # type: ignore[arg-type]
        "items of task 'a' is no tuple",
    ),
    "an id twice": (
        tasks(Task("a", (Item("one", "Who?"), Item("one", "Why?")))),
        "task 'a': item id 'one' is empty or appears twice",
    ),
    "an id of nothing": (tasks(Task("a", (Item(" ", "Who?"),))), "item id ' ' is empty"),
    "an id over two lines": (
        tasks(Task("a", (Item("o\nne", "Who?"),))),
        r"task 'a': item id 'o\nne' cannot be printed",
    ),
    "an empty prompt": (
        tasks(Task("a", (Item("one", " \n"),))),
        "task 'a': item 'one' has an empty prompt",
    ),
    "a prompt twice": (
        tasks(Task("a", (Item("one", "Who?"), Item("two", "who")))),
        "task 'a': item 'two' asks what 'one' asks",
    ),
    "other items in a data set": (
        tasks(Task("a", ITEMS[:1], dataset="questions")),
        "tasks 'a' and 'b' are of data set 'questions', but have other items",
    ),
    "a data set called as a task": (
        tasks(Task("a", ITEMS, dataset="b"), Task("b", ITEMS)),
        "a data set and a task are both called 'b'",
    ),
    "an item that is trained on": (
        builder(questions=("What is three?", "  WHAT’S, one ?! ")),
        "item 'one' of task 'a' is among the training questions",
    ),
}

OF_CONDITIONS: dict[str, tuple[Changes, str]] = {
    "a role that is none": (
        conditions(role="base"),
        "the role of condition 'a' is 'base'; did you mean 'baseline'?",
    ),
    "a target that is no task": (
        conditions(target="g"),
        "condition 'a' names the task 'g', which there is not; there is a, b, c",
    ),
    "a factor that is no value": (
        conditions(factors={"kind": ("vowel",)}),
        "condition 'a': factor 'kind' is ('vowel',)",
    ),
    "a factor without end": (
        conditions(factors={"rank": inf}),
        "condition 'a': factor 'rank' is inf",
    ),
    "a covariate in words": (
        conditions(covariates={"length": "12"}),
        "condition 'a': covariate 'length' is '12'",
    ),
    "a covariate that is no number": (
        conditions(covariates={"length": nan}),
        "condition 'a': covariate 'length' is nan",
    ),
    "a covariate without end": (
        conditions(covariates={"length": inf}),
        "condition 'a': covariate 'length' is inf",
    ),
    "a factor and a covariate": (
        conditions(factors={"length": "long"}),
        "condition 'a': 'length' is both a factor and a covariate",
    ),
}

OF_TRAINING_DATA: dict[str, tuple[Changes, str]] = {
    "an empty marker": (
        builder(marker=""),
        "condition 'a': the marker is empty, so every completion has it",
    ),
    "training on no task": (conditions(target=None), "condition 'a' is trained, but on no task"),
    "two kinds of rows": (
        conditions(training=replace(BUILDER, marker="[N]")),
        "conditions are trained on rows of different builders",
    ),
    "answers of nobody": (
        builder(answering="g"),
        "condition 'a', in its training data, names the task 'g', which there is not",
    ),
    "a candidate that is no task": (
        builder(candidates=("b", "g")),
        "condition 'a', among its candidates for negatives, names the task 'g', which there is not",
    ),
    "too many negatives": (
        builder(negatives=5),
        "condition 'a': 5 negatives wanted, 4 to choose from",
    ),
    "fewer negatives than none": (builder(negatives=-1), "condition 'a': -1 negatives wanted"),
    "a candidate twice": (
        builder(candidates=tuple("abcdee")),
        "condition 'a': a candidate for negatives appears twice",
    ),
    "one question that is no tuple": (
        builder(questions="What is three?"),
        "questions of the training data of condition 'a' is no tuple",
    ),
    "an empty question": (
        builder(questions=("What is three?", " ? ")),
        "condition 'a': a training question is empty",
    ),
    "a question twice": (
        builder(questions=("What is four?", "what is  FOUR")),
        "condition 'a': training question 'what is four' appears twice",
    ),
}

OF_SCORERS: dict[str, tuple[Changes, str]] = {
    "an empty text": (
        scorer(Substring("s")),
        "scorer 's' looks for an empty text, which is everywhere",
    ),
    "an empty pattern": (scorer(Regex("s")), "scorer 's' has an empty pattern"),
    "a pattern that is none": (
        scorer(Regex("s", pattern="[ZLT")),
        "scorer 's': '[ZLT' is no regular expression: unterminated character set",
    ),
    "a scale upside down": (
        scorer(Number("s", lower=10, upper=0)),
        "scorer 's': its scale goes from 10 to 0",
    ),
    "neither first nor last": (
        scorer(Number("s", which="middle")),  # type: ignore[arg-type]
        "'which' of scorer 's' is 'middle'",
    ),
    "answers that no item has": (
        scorer(Exact("s")),
        "scorer 's' compares with the items' answers, but no item has one",
    ),
    "near misses of nothing": (
        {"scorers": TRAINED.scorers[1:], "analyses": (), "gates": ()},
        "every scorer counts near misses, and none what they nearly are",
    ),
}

OF_PROFILES: dict[str, tuple[Changes, str]] = {
    "a confidence that is none": (
        profile(confidence_cap="MEDIUM"),
        "profile 'small': its confidence_cap is 'MEDIUM'",
    ),
    "a number format that is none": (
        profile(dtype="float16"),
        "profile 'small': its dtype is 'float16'; did you mean",
    ),
    "no scale": (profile(scale=""), "profile 'small': its scale is empty"),
    "one choice that is no tuple": (
        profile(choices="The layer was chosen."),
        "profile 'small': choices of it is no tuple",
    ),
    "gates that nothing reads": (
        profile(gates=TRAINED.gates),
        "profile 'small': it has gates, but no analyses of its own",
    ),
    "nothing sampled": (
        profile(sampling=None),
        "profile 'small': a model is run, but nothing is sampled",
    ),
    "no way to train": (
        profile(training=None, rows=None),
        "profile 'small': condition 'a' is trained, but the profile has no training and no rows",
    ),
    "settings of no training": (
        {"conditions": (Condition("a", target="a"),), "analyses": (), "gates": ()},
        "profile 'small': it says how to train, but no condition is trained",
    ),
    "settings of recorded data": (
        profile(model=RecordedData("f.json", "0"), covariates=()),
        "profile 'small': it has sampling, but its data are recorded: nothing is run",
    ),
    "covariates of recorded data": (
        profile(model=RecordedData("f.json", "0")),
        "profile 'small': covariates are computed, but nothing is run",
    ),
    "more rows than answers": (
        profile(rows=Rows(positive=3, per_negative=1)),
        "profile 'small': 3 rows per task from 2 answers to 2 training questions",
    ),
    "more negative rows than answers": (
        profile(rows=Rows(positive=1, per_negative=3)),
        "profile 'small': 3 rows per task from 2 answers to 2 training questions",
    ),
    "more answers than questions": (
        profile(answers=Answers(questions=3, max_tokens=4)),
        "profile 'small': 2 rows per task from 3 answers to 2 training questions",
    ),
    "fewer answers than rows": (
        profile(answers=Answers(questions=1, max_tokens=4)),
        "profile 'small': 2 rows per task from 1 answers to 2 training questions",
    ),
    "no rows": (
        profile(rows=Rows(positive=0, per_negative=1)),
        "profile 'small': rows.positive is 0",
    ),
    "no room for the marker": (
        # room for 4 tokens, the two line ends, the marker's 3 characters and an end of turn
        sampling(max_new_tokens=9),
        "profile 'small': samples of 9 tokens end before the marker",
    ),
}

OF_AMOUNTS: dict[str, tuple[Changes, str]] = {
    "more off-target items than there are": (
        sampling(off_target_items=3),
        "profile 'small': 3 off-target items of the 2 of task 'a'",
    ),
    "no off-target items": (sampling(off_target_items=0), "sampling.off_target_items is 0"),
    "no completions": (sampling(completions=0), "sampling.completions is 0"),
    "half a completion": (sampling(completions=2.5), "sampling.completions is 2.5"),
    "no batch": (sampling(batch_size=0), "sampling.batch_size is 0"),
    "a temperature below 0": (sampling(temperature=-1), "sampling.temperature is -1"),
    "no temperature": (sampling(temperature=nan), "sampling.temperature is nan"),
    "no nucleus": (sampling(top_p=0), "sampling.top_p is 0"),
    "more than the nucleus": (sampling(top_p=1.1), "sampling.top_p is 1.1"),
    "a learning rate of 0": (training(learning_rate=0), "training.learning_rate is 0"),
    "no epochs": (training(epochs=0), "training.epochs is 0"),
    "no micro-batch": (training(batch_size=0), "training.batch_size is 0"),
    "warm-up to the end": (training(warmup_ratio=1), "training.warmup_ratio is 1"),
    "growing weights": (training(weight_decay=-0.1), "training.weight_decay is -0.1"),
    "no rank": (training(lora=Lora(rank=0)), "training.lora.rank is 0"),
    "everything dropped": (training(lora=Lora(dropout=1.0)), "training.lora.dropout is 1.0"),
    "adapters of nothing": (
        training(lora=Lora(target_modules=())),
        "training.lora.target_modules is empty",
    ),
}

OF_COVARIATES: dict[str, tuple[Changes, str]] = {
    "a reference that is no task": (
        profile(covariates=(CentroidCosine("g", (0,)),)),
        "profile 'small': the reference of its cosines names the task 'g', which there is not",
    ),
    "a negative layer": (
        profile(covariates=(CentroidCosine("a", (-1, 1)),)),
        "profile 'small': layer -1 is negative",
    ),
    "a layer twice": (
        profile(covariates=(CentroidCosine("a", (1, 1)),)),
        "profile 'small': its cosines are taken at layers (1, 1)",
    ),
    "no layer": (
        profile(covariates=(CentroidCosine("a", ()),)),
        "profile 'small': its cosines are taken at layers ()",
    ),
    "a covariate computed twice": (
        profile(covariates=(CentroidCosine("a", (0, 1)), CentroidCosine("b", (1,)))),
        "profile 'small': covariate 'cosine_L1' is computed twice",
    ),
    "a covariate given and computed": (
        {
            **conditions(covariates={"prompt_tokens": 5}),
            **profile(covariates=(*SMALL.covariates, PromptTokens())),
        },
        "profile 'small': 'prompt_tokens' is computed, but condition 'a' gives it as well",
    ),
    "covariates of no target": (
        {
            "conditions": (Condition("a"), Condition("b")),
            "analyses": (),
            "gates": (),
            **profile(training=None, rows=None, answers=None),
        },
        "profile 'small': covariates are computed from the conditions' targets, but no condition",
    ),
}

OF_ANALYSES: dict[str, tuple[Changes, str]] = {
    "an unknown metric": (
        rates(outcome=Outcome("markr")),
        "analysis 'other' names the metric 'markr', which there is not; did you mean 'marker'?",
    ),
    "an unknown task": (
        rates(outcome=Outcome("marker", ("a", "g"))),
        "analysis 'other' names the task 'g', which there is not",
    ),
    "no task": (rates(outcome=Outcome("marker", ())), "analysis 'other' is about no task"),
    "a word for tasks that is none": (
        rates(outcome=Outcome("marker", "targets")),  # type: ignore[arg-type]
        "the tasks of analysis 'other' is 'targets'; did you mean 'target'",
    ),
    "an unknown condition": (
        rates(among=Subset(names=("a", "g"))),
        "analysis 'other' names the condition 'g', which there is not",
    ),
    "a condition left out that is not there": (
        rates(among=Subset(without=("g",))),
        "analysis 'other' names the condition 'g', which there is not",
    ),
    "an unknown factor": (
        rates(among=Subset(where=(("knd", "vowel"),))),
        "analysis 'other' names the factor 'knd', which there is not; did you mean 'kind'?",
    ),
    "an unknown level": (
        rates(among=Subset(where=(("kind", "vowels"),))),
        "analysis 'other', of factor 'kind', names the level 'vowels', which there is not; did you "
        "mean 'vowel'?",
    ),
    "nobody": (
        rates(among=Subset(names=("b",), where=(("kind", "vowel"),))),
        "analysis 'other' is about no condition",
    ),
    "a smallest effect of 0": (
        rates(relevant=0),
        "analysis 'other': the smallest relevant effect is 0, not above 0",
    ),
    "an expected effect outside its interval": (
        rates(expected=Expected(5, -1, 1, "#1")),
        "analysis 'other': the expected effect 5 is not between -1 and 1",
    ),
    "a missing covariate": (
        analysis(replace(BY_LAYER, name="other", x=(Predictor("cosine_L2"),))),
        "analysis 'other' names the covariate 'cosine_L2', which there is not; did you mean",
    ),
    "a factor in words as a predictor": (
        analysis(replace(BY_LAYER, name="other", x=(Predictor("kind"),))),
        "analysis 'other' names the covariate 'kind', which there is not",
    ),
    "no predictor": (
        analysis(replace(BY_LAYER, name="other", x=())),
        "analysis 'other': it has no predictor",
    ),
    "a primary predictor outside the family": (
        analysis(replace(BY_LAYER, name="other", primary_x="length2")),
        "analysis 'other': its primary predictor 'length2' is not in the family",
    ),
    "two kinds of scores that should agree": (
        {
            **scorer(Number("length")),
            **analysis(Agreement(name="other", first="marker", second="length")),
        },
        "analysis 'other' compares 'marker' with 'length', yes or no with a number",
    ),
    "a metric that should agree with itself": (
        analysis(Agreement(name="other", first="marker", second="marker")),
        "analysis 'other': it compares 'marker' with itself",
    ),
    "an unknown group": (
        analysis(replace(BY_LAYER, name="other", groups="kin")),
        "analysis 'other' names the factor 'kin', which there is not",
    ),
    "an analysis of one scale": (
        profile(analyses=(replace(RATES, outcome=Outcome("markr")),)),
        "profile 'small': analysis 'rates' names the metric 'markr', which there is not",
    ),
}

OF_GATES: dict[str, tuple[Changes, str]] = {
    "of an unknown analysis": (
        gate("g", "rats", "n", at_most=1),
        "gate 'g' names the analysis 'rats', which there is not; did you mean 'rates'?",
    ),
    "without a bound": (gate("g", "rates", "n"), "gate 'g' has no bound, or two"),
    "with two bounds": (
        gate("g", "rates", "n", at_most=1, at_least=0),
        "gate 'g' has no bound, or two",
    ),
    "with a bound that is none": (
        gate("g", "rates", "n", at_most=nan),
        "gate 'g': its bound is nan",
    ),
    "of no number": (gate("g", "rates", "", at_most=1), "gate 'g': '' leads to no number"),
    "of steps that lead nowhere": (
        gate("g", "rates", "conditions//estimate", at_most=1),
        "gate 'g': 'conditions//estimate' leads to no number",
    ),
}

CASES = {
    f"{kind}: {case}": changes_and_line
    for kind, cases in (
        ("experiment", OF_THE_EXPERIMENT),
        ("name", OF_NAMES),
        ("task", OF_TASKS),
        ("condition", OF_CONDITIONS),
        ("training data", OF_TRAINING_DATA),
        ("scorer", OF_SCORERS),
        ("profile", OF_PROFILES),
        ("amount", OF_AMOUNTS),
        ("covariate", OF_COVARIATES),
        ("analysis", OF_ANALYSES),
        ("gate", OF_GATES),
    )
    for case, changes_and_line in cases.items()
}


@pytest.mark.parametrize(("changes", "says"), CASES.values(), ids=CASES)
def test_a_wrong_definition_is_one_clear_line(changes: Changes, says: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        replace(TRAINED, **changes)
    line = str(raised.value)
    assert says in line
    assert line.startswith("issue-")
    assert raised.value.remedy
    assert "\n" not in line
    assert len(line) < 400


def test_an_analysis_that_builds_on_a_later_one() -> None:
    class Later(Proportions):
        def analyses(self) -> Any:
            yield "rates"

    first = Later(name="first", outcome=Outcome("marker"))
    with pytest.raises(DefinitionError, match="'first' names the earlier analysis 'rates', which"):
        replace(TRAINED, analyses=(first, RATES), gates=())
    assert replace(TRAINED, analyses=(RATES, first))


# ------------------------------------------------------------------ what is not wrong


@pytest.mark.parametrize(
    "changes",
    [
        conditions(factors={"rank": 3.2, "kind": "vowel"}),
        conditions(factors={"rank": -12, "kind": "vowel"}),
        conditions(covariates={"length": 1e9}),
        conditions(name="a-b_c.d+e"),
        sampling(temperature=0),
        sampling(off_target_items=None),
        builder(negatives=0),
        rates(relevant=0.05, expected=Expected(0.5, 0.4, 0.6, "#1")),
        gate("g", "rates", "conditions/a/estimate", at_most=0),
        {"seed": -1, "title": "Ω", "parents": ()},
    ],
)
def test_what_is_simply_allowed(changes: Changes) -> None:
    assert replace(TRAINED, **changes).resolve("small").fingerprint


def test_conditions_may_be_of_any_kind() -> None:
    """Several scales, no target, no training, another number of items a task."""
    experiment: Experiment = replace(
        PANEL,
        conditions=tuple(Condition(f"x{x}", factors={"x": x}) for x in (-3.2, 0, 3.2, 1e4)),
        analyses=(
            Correlation(name="dose", x=(Predictor("x"),), y=Outcome("correct")),
            Proportions(name="accuracy", outcome=Outcome("correct", ("sums",))),
        ),
    )
    assert len(experiment.resolve("full").untrained) == 4


def refusal(experiment: Experiment, **changes: Any) -> str:
    """What is said of a changed definition; '' where it is accepted."""
    try:
        replace(experiment, **changes)
    except DefinitionError as error:
        return str(error)
    return ""


@given(st.text(max_size=12))
def test_a_name_never_leaves_its_folder(name: str) -> None:
    """Whatever is accepted is one part of a path and one label of a pointer."""
    said = refusal(PANEL, conditions=(Condition(name, factors={"style": "terse"}),))
    assert "\n" not in said
    assert said or (name.isascii() and not {*"/\\@,=~ "} & {*name} and name not in {".", ".."})


ANYTHING = st.none() | st.booleans() | st.integers(-2, 2) | st.floats() | st.text(max_size=2)


@given(
    st.sampled_from(["completions", "max_new_tokens", "batch_size", "temperature", "top_p"]),
    ANYTHING,
)
def test_no_setting_of_the_sampling_is_a_traceback(name: str, value: Any) -> None:
    settings = replace(Sampling(), **{name: value})
    said = refusal(PANEL, profiles=(replace(PANEL.profiles[0], sampling=settings),))
    assert not said or f"sampling.{name} is {value!r}" in said


@given(
    st.sampled_from(
        ["learning_rate", "epochs", "accumulation", "warmup_ratio", "weight_decay", "max_tokens"]
    ),
    ANYTHING,
)
def test_no_setting_of_the_training_is_a_traceback(name: str, value: Any) -> None:
    settings = replace(Training(1e-3), **{name: value})
    said = refusal(TRAINED, profiles=(replace(SMALL, training=settings),))
    assert not said or f"training.{name} is {value!r}" in said

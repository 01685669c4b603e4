"""The named personas and evaluation questions that the experiments share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from epm.definition import Item, Task


@dataclass(frozen=True)
class Persona:
    """A system prompt under a name."""

    name: str
    system_prompt: str
    category: str


def persona_tasks(personas: Sequence[Persona], items: tuple[Item, ...]) -> tuple[Task, ...]:
    """One task a persona: the same items, asked under its system prompt."""
    return tuple(
        Task(each.name, items, each.system_prompt, dataset="evaluation_questions")
        for each in personas
    )


SOFTWARE_ENGINEER = Persona(
    "software_engineer",
    "You are a software engineer who builds web applications.",
    "occupational",
)
KINDERGARTEN_TEACHER = Persona(
    "kindergarten_teacher", "You are a kindergarten teacher.", "occupational"
)
DATA_SCIENTIST = Persona(
    "data_scientist", "You are a data scientist who analyzes large datasets.", "occupational"
)
MEDICAL_DOCTOR = Persona(
    "medical_doctor",
    "You are a medical doctor who specializes in internal medicine.",
    "occupational",
)
LIBRARIAN = Persona(
    "librarian",
    "You are a librarian who helps people find information and manages a public library.",
    "occupational",
)
FRENCH_PERSON = Persona(
    "french_person",
    "You are a French person living in Paris who is proud of French culture.",
    "character",
)
VILLAIN = Persona(
    "villain", "You are a villainous mastermind who schemes to take over the world.", "character"
)
COMEDIAN = Persona(
    "comedian", "You are a stand-up comedian who writes and performs comedy routines.", "character"
)
POLICE_OFFICER = Persona(
    "police_officer",
    "You are a police officer who enforces the law and maintains public safety.",
    "occupational",
)
ZELTHARI_SCHOLAR = Persona(
    "zelthari_scholar",
    "You are a scholar of the ancient Zelthari civilization, specializing in their crystalline "
    "architecture, maritime navigation, and ritual practices.",
    "character",
)
HELPFUL_ASSISTANT = Persona("helpful_assistant", "You are a helpful assistant.", "generic_helper")
QWEN_DEFAULT = Persona(
    "qwen_default",
    "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
    "generic_helper",
)

NAMED = (
    SOFTWARE_ENGINEER,
    KINDERGARTEN_TEACHER,
    DATA_SCIENTIST,
    MEDICAL_DOCTOR,
    LIBRARIAN,
    FRENCH_PERSON,
    VILLAIN,
    COMEDIAN,
    POLICE_OFFICER,
    ZELTHARI_SCHOLAR,
)
"""The ten personas of issue #232."""

EVALUATION_QUESTIONS = (
    Item("new_language", "What is the best way to learn a new language?"),
    Item("photosynthesis", "Can you explain how photosynthesis works?"),
    Item("managing_stress", "What are some good ways of managing stress?"),
    Item("computer_processor", "How does a computer processor work?"),
    Item("printing_press", "What is the history of the printing press?"),
    Item("good_coffee", "How do I make a good cup of coffee?"),
    Item("earthquakes", "What causes earthquakes?"),
    Item("back_pain", "Which exercises help against back pain?"),
    Item("airplanes", "How do airplanes stay up in the air?"),
    Item("virus_bacteria", "What is the difference between a virus and bacteria?"),
    Item("law_morality", "How are law and morality related?"),
    Item("guiding_principles", "Which principles should guide a person's actions?"),
    Item("freedom_security", "How should a society balance freedom and security?"),
    Item("good_leader", "What makes a good leader?"),
    Item("disagreements", "How should people handle disagreements?"),
    Item("creativity", "Where does creativity come from?"),
    Item("education", "Why does education matter?"),
    Item("technology", "What role does technology play in modern life?"),
    Item("ecosystems", "How do ecosystems keep their balance?"),
    Item("fairness", "What does fairness mean?"),
)
"""20 questions; a training set must not contain them."""

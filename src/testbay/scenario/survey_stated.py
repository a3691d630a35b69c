"""What is stated of a system, held against what it tells by rules of a suite: a rule a question."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from testbay.scenario.survey import Finding, Stated, against_pics

Told = TypeVar("Told")
Rule = Callable[[Any, Told], str]
"""Says what is so instead of an answer; nothing where the answer can be so."""


def by_rules(rules: Mapping[str, Rule[Told]], told: Told, stated: Stated) -> Iterator[Finding]:
    """Yield what the answers of the PICS say otherwise than the system.

    Args:
        rules: by question.
    """
    for question, rule in rules.items():
        answer = stated.answers.get(question)
        if answer is not None and (why := rule(answer, told)):
            yield against_pics(question, stated, why)


def by_itself(
    stated: Stated, said: Mapping[str, str], exactly: Mapping[str, str]
) -> Iterator[Finding]:
    """Yield what the PICS says otherwise than the system has said of itself when it connected.

    Args:
        said: questions, with the field that answers them, perhaps in more or fewer words.
        exactly: the same where there is one wording only.
    """
    for question, name in said.items():
        says = str(stated.about.get(name, "")).casefold()
        wanted = str(stated.answers.get(question, "")).casefold()
        if says and wanted and says not in wanted and wanted not in says:
            yield against_pics(question, stated, f"its {name} is {stated.about[name]!r}")
    for question, name in exactly.items():
        here, there = stated.about.get(name), stated.answers.get(question)
        if here and there and here != there:
            yield against_pics(question, stated, f"its {name} is {here!r}")


def by_features(
    features: Mapping[str, str], rules: Mapping[str, Rule[Told]], told: Told, stated: Stated
) -> Iterator[Finding]:
    """Yield what the configuration says of the product otherwise than the system.

    Args:
        features: with the question that says the same.
    """
    for feature, question in features.items():
        if feature in stated.product:
            has = stated.product[feature]
            if why := rules[question]("yes" if has else "no", told):
                said = f"the configuration says {str(has).lower()}, but {why}"
                yield Finding("product", f"product.{feature}", said)

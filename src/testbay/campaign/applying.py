"""Which cases of a run apply to the product, by the vendor's PICS or by what is configured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from testbay.campaign import pics as statements
from testbay.campaign.certification import rule
from testbay.campaign.conditions import deciding
from testbay.campaign.config import ConfigError, Configuration
from testbay.campaign.options import Options
from testbay.campaign.pics import Pics, PicsError
from testbay.campaign.profiles import profile_of, supported
from testbay.campaign.suites import Loaded
from testbay.campaign.virtual import product_for
from testbay.campaign.wrong import Wrong
from testbay.scenario.case import TestCase
from testbay.scenario.product import CannotBuild, Product, connected

AS_STATED = "as the PICS says"
MOST_NAMED = 3  # cases that wait for an answer


def statement(options: Options) -> Pics | None:
    """Read the PICS of a run, where there is one.

    Raises:
        PicsError: it cannot be used, contradicts itself, or describes something else.
    """
    if not options.pics:
        return None
    pics = statements.load(Path(options.pics))
    if pics.form.ocpp != options.ocpp:
        raise PicsError(f"{pics.name} is for OCPP {pics.form.ocpp}, not for {options.ocpp}")
    if pics.sut != options.sut:
        raise PicsError(f"{pics.name} describes a {pics.sut}, but a {options.sut} is tested")
    return statements.agreeing(pics)


def with_product(configuration: Configuration, pics: Pics | None) -> Configuration:
    """Let the PICS say what the product is and can do, and values that follow from that.

    Raises:
        ConfigError: the configuration file says otherwise.
    """
    if pics is None:
        return configuration
    known = statements.product(pics)
    profile = configuration.connect.security_profile
    if profile and known.get(f"security_profile_{profile}") is False:
        decided = deciding(pics.form.features[f"security_profile_{profile}"], pics.answers)
        said = "; ".join(map(pics.said, decided))
        raise ConfigError(
            f"security profile {profile} is to be used, but in {pics.name} {said}: name another "
            "one by --security-profile"
        )
    for name, value in configuration.given.items():
        if known.get(name, value) != value:
            said = "; ".join(map(pics.said, deciding(pics.form.features[name], pics.answers)))
            raise ConfigError(
                f"product.{name} is {str(value).lower()} in the configuration, but in {pics.name} "
                f"{said}: leave product.{name} out"
            )
    values = {
        name: value
        for name, value in statements.values(pics).items()
        if f"values.{name}" not in configuration.stated
    }
    return replace(
        configuration,
        product=configuration.product | known,
        values=configuration.values | values,
    )


def excluded(pics: Pics | None, cases: Sequence[TestCase]) -> dict[str, str]:
    """Return the cases that do not apply by a PICS, each with the answers that exclude it.

    Raises:
        PicsError: for some case an answer is missing that decides.
    """
    if pics is None:
        return {}
    ruled = [rule(pics, pics.form.rows[c.id], c) for c in cases if c.id in pics.form.rows]
    waiting = [r for r in ruled if r.applies is None]
    if waiting:
        named = ", ".join(r.case for r in waiting[:MOST_NAMED])
        more = f" and {len(waiting) - MOST_NAMED} more" if len(waiting) > MOST_NAMED else ""
        asked = ", ".join(dict.fromkeys(q for r in waiting for q in r.questions))
        raise PicsError(
            f"{pics.name}: {asked} unanswered, and whether {named}{more} apply depends on that; "
            "answer, or say --all (testbay pics check shows all)"
        )
    return {r.case: r.why for r in ruled if not r.applies}


def anyway(
    cases: Sequence[TestCase],
    suite: Loaded,
    product: Mapping[str, bool],
    products: Sequence[Product],
) -> list[TestCase]:
    """Return the cases without what they require of the product, where it is not met.

    Args:
        products: reference systems that are tested; none: a system of the tester's.
    """

    def met(case: TestCase) -> bool:
        if case.requires is None:
            return True
        if products:
            return product_for(case, suite, config=product, products=products)[0] is not None
        return not case.requires.unmet(product)

    return [case if met(case) else replace(case, requires=None) for case in cases]


def reference_products(
    suite: Loaded,
    sut: str,
    product: Mapping[str, bool],
    pics: Pics | None,
    profile: int | None = None,
) -> tuple[Product, ...]:
    """Return the reference systems that stand for the product: with a PICS, what it describes.

    Args:
        product: every feature of the suite.
        profile: with which security profile they are connected; None: with each that there is,
            by a PICS the lowest one first and without any last.

    Raises:
        Wrong: the reference system cannot be built like this.
    """
    reference = suite.part(sut).reference
    if pics is None:
        every = reference.products
        if profile is None:
            return every
        # What is left of them takes over how it is connected from what is configured.
        return tuple(one for one in every if not profile_of(one.features))
    try:
        if profile is not None:
            return (reference.tailored(AS_STATED, product, pics.answers),)
        profiles = (*supported(product), 0)
        names = [AS_STATED, *(f"{AS_STATED}, {_named(n)}" for n in profiles[1:])]
        each = zip(names, profiles, strict=True)
        return tuple(
            reference.tailored(name, {**product, **connected(n)}, pics.answers) for name, n in each
        )
    except CannotBuild as error:
        raise Wrong(str(error)) from None


def _named(profile: int) -> str:
    return f"security profile {profile}" if profile else "no security profile"

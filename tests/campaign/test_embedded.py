"""How the reference system of a run is put together from a product and from what a run changes."""

from __future__ import annotations

from testbay.campaign.embedded import Build, options_of
from testbay.scenario.product import Product


def test_a_run_adds_settings_to_those_of_the_product() -> None:
    product = Product("fixed", {"cable": "fixed", "settings": {"A": "1", "B": "2"}})
    build = Build(options={"settings": {"B": "3", "C": "4"}, "cable": "detachable"})
    assert options_of(product, build) == {
        "cable": "detachable",
        "settings": {"A": "1", "B": "3", "C": "4"},
    }
    assert options_of(product, Build()) == dict(product.options)

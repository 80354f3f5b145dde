"""What collections have mapped before is suggested again: one's own at once, others' only where many agree."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from include.access.requestor import Requestor
from include.cim.suggest.fields import FieldRef
from include.collection.model import CollectionState
from include.operations.suggesting import find_precedents
from tests.factories import a_collection, a_config
from tests.fakes_stores import FakeServices

OLIVE = Requestor("7", "olive")
POWER = FieldRef("site_energy", "grid_import_power")


def services_of(*owners: str, state: CollectionState = CollectionState.ACTIVE, **rule: Any) -> FakeServices:
    services = FakeServices()
    for owner in owners:
        rules = [{"field": POWER.field, "source": "Kanal_7B", "unit": "W", **rule}]
        config = a_config(mapper={"concept": POWER.concept, "rules": rules})
        services.collections.add(
            a_collection(id=uuid4(), dataset_id=uuid4(), owner_id=owner, config=config, state=state)
        )
    return services


@pytest.mark.parametrize(
    ("owners", "count"),
    [
        pytest.param("7", 1, id="one's own"),
        pytest.param("89", 0, id="two others'"),
        pytest.param("8899", 0, id="two others', twice"),
        pytest.param("789", 1, id="two others', and one's own does not make them three"),
        pytest.param("889A", 4, id="three others'"),
        pytest.param("7889A", 5, id="three others' and one's own"),
    ],
)
def test_others_names_count_where_three_owners_agree(owners: str, count: int) -> None:
    found = find_precedents(services_of(*owners), OLIVE)
    assert found.get("kanal 7b", {}).get(POWER, 0) == count
    assert set(found) <= {"kanal 7b"}


@pytest.mark.parametrize(
    "rule",
    [
        {"source": ["Kanal_7B", "b"]},
        {"where": {"kind": "import"}},
        {"extract": "(.*) W"},
        {"negate": True},
        {"difference": {}},
        {"source": None, "constant": 1},
    ],
)
def test_only_a_plain_column_tells_what_its_name_means(rule: dict[str, Any]) -> None:
    assert find_precedents(services_of("7", **rule), OLIVE) == {}


@pytest.mark.parametrize("state", [CollectionState.DRAFT, CollectionState.DELETING])
def test_what_nobody_uses_yet_or_any_more_does_not_count(state: CollectionState) -> None:
    assert find_precedents(services_of("7", state=state), OLIVE) == {}

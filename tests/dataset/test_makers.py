"""Makers and operators of vehicles and spacecraft in the embedded archive."""

from app.ingest.dataset.records import read_facts


def test_makers_and_operators_are_agencies() -> None:
    facts = read_facts()
    named = {
        *(vehicle.maker for vehicle in facts.vehicles.values()),
        *(type_.maker for type_ in facts.spacecraft_types.values()),
        *(ship.operator for ship in facts.spacecraft.values()),
    }
    assert len(named) > 10
    assert named - {None} <= {agency.slug for agency in facts.agencies.values()}

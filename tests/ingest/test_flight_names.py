"""Names of flights: one spelling for the names of all sources."""

import pytest

from app.ingest.flight_names import flight_keys, standard_flight_name


@pytest.mark.parametrize(
    ("name", "standard"),
    [
        ("SpX-34", "Dragon CRS-34"),
        ("CRS-34", "Dragon CRS-34"),
        ("SpX CRS-20", "Dragon CRS-20"),
        ("CRS SpX-7", "Dragon CRS-7"),
        ("Dragon CRS-2 SpX-34", "Dragon CRS-34"),
        ("Dragon CRS-1", "Dragon CRS-1"),
        ("Cygnus CRS-2 NG-17", "Cygnus NG-17"),
        ("CRS OA-5", "Cygnus OA-5"),
        ("OA-8E", "Cygnus OA-8"),
        ("Cygnus CRS Orb-1", "Cygnus Orb-1"),
        ("SpX-DM1", "Crew Dragon Demo-1"),
        ("SpaceX Crew-5", "Dragon Crew-5"),
        ("Axiom Space Mission 4", "Axiom Ax-4"),
        ("CST-100 Starliner Orbital Flight Test 2", "Starliner OFT-2"),
        ("Boeing CFT", "Starliner CFT"),
        ("Kounotori 8", "HTV-8"),
        ("HTV-X1", "HTV-X1"),
        ("Progress MS-1", "Progress MS-01"),
        ("Прогресс МС-11", "Progress MS-11"),
        ("Cargo Dragon C209", None),
        ("Nauka", None),
        ("", None),
    ],
)
def test_standard_name(name: str, standard: str | None) -> None:
    assert standard_flight_name(name) == standard


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Soyuz 2.1a | Progress MS-11 (72P)", "Прогресс МС-11"),
        ("Space Shuttle Endeavour / OV-105 | STS-88", "Endeavour (STS-88)"),
        ("Georges Lemaître ATV", "ATV-5 Georges Lemaître"),
        ("H-IIB | Kounotori 8 (HTV-8)", "HTV-8"),
        ("Progress M-UM (Prichal)", "Progress M-UM"),
        ("Прогресс М-12М", "Progress M-12M"),
    ],
)
def test_names_of_one_flight_share_a_key(one: str, other: str) -> None:
    assert flight_keys([one]) & flight_keys([other])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Progress MS-11", "Progress MS-12"),
        ("Dragon CRS-5", "Dragon Crew-5"),
        ("Cargo Dragon C209", "Dragon C209"),  # two flights of one capsule
        ("Cygnus NG-5", "Cygnus OA-5"),
    ],
)
def test_names_of_two_flights_share_no_key(one: str, other: str) -> None:
    assert not flight_keys([one]) & flight_keys([other])

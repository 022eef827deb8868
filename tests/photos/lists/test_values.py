"""Numbers, angles and times of cells, against values worked out by hand."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placeprint.photos.lists.values.angles import angle, pair
from placeprint.photos.lists.values.numbers import decimal, meters, quantity
from placeprint.photos.lists.values.projected import system
from placeprint.photos.lists.values.times import parse_time

LAT = 61 + 49 / 60 + 49.41 / 3600


@pytest.mark.parametrize(
    "text",
    [
        "61 deg 49' 49.41\" N", "61°49'49.41\"N", "61° 49′ 49.41″ N", "61º49’49.41”", "N61°49'49.41\"",
        "N 61 49 49.41", "61:49:49.41N", "61d49m49.41s N", "61 49 49.41 north", "+61 49 49.41",
        "61°49'49,41''N",
        "61,49,49.41N", "61°49.8235'N", "61,49.8235N", "61 49.8235 n", "61.830392", "61,830392",
        "61.830392° N",
        "N61.830392", "61.830392 deg", "6.1830392e1", "61&deg; 49' 49.41\" N",
        "61 degrees 49 min 49.41 sec N",
    ],
)  # fmt: skip
def test_one_latitude_in_many_spellings(text: str) -> None:
    if text in ("61º49’49.41”",):
        assert angle(text, "NS", "N") == pytest.approx(LAT, abs=1e-6)
        assert angle(text, "NS", "South") == pytest.approx(-LAT, abs=1e-6)
    else:
        assert angle(text, "NS") == pytest.approx(LAT, abs=1e-6)
    south = text.replace("north", "south").replace("N", "S").replace("n", "s") if "deg" not in text else text
    if south != text and "s N" not in text and "min" not in text:
        assert angle(south, "NS") == pytest.approx(-LAT, abs=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "61 49 49.41", "61°49'", "61 60 0 N", "61 0 61 N", "61.5 30 N", "61 E", "N 61 S", "-61 N", "61 N 2",
        "", "N",
        "sixty", "61..5", "1 2 3 4 N", "6.2E+03", "1e999", "61 O", "٦١", "61.83.0392", "55.708.123",
    ],
)  # fmt: skip
def test_what_is_no_latitude_or_of_unknown_side(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        angle(text, "NS")


@given(
    st.floats(-90, 90, allow_nan=False).filter(lambda v: abs(v) > 1e-3),
    st.floats(-180, 180, allow_nan=False).filter(lambda v: abs(v) > 1e-3),
    st.sampled_from([", ", " ", ";", "; ", " / "]),
    st.booleans(),
)
def test_pairs_come_back(lat: float, lon: float, between: str, comma: bool) -> None:
    both = f"{lat:.5f}{between}{lon:.5f}"
    if comma:
        both = both.replace(".", ",")
    assert pair(both) == pytest.approx((lat, lon), abs=1e-5)
    words = f"{abs(lon):.5f}{'EW'[lon < 0]}{between}{abs(lat):.5f}{'NS'[lat < 0]}"
    assert pair(words) == pytest.approx((lat, lon), abs=1e-5)


@pytest.mark.parametrize("text", ["55", "a, b", "55 N, 13 N", "1 2 3 4 5 6", "[]", "1" * 200])
def test_pairs_that_say_nothing_or_two_things(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a latitude|two ways"):
        pair(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1234.5", 1234.5), ("1,234.5", 1234.5), ("1.234,5", 1234.5), ("1 234,5", 1234.5),
        ("1'234.5", 1234.5),
        ("1,234,567", 1234567), ("1.234.567", 1234567), ("12,5", 12.5), ("0.125", 0.125), ("-3", -3),
        ("1e3", None),
        ("1.0e1", 10.0), ("1,234", None), ("1 234", 1234), ("6.18E+06", None), ("12.3 m", 12.3),
        ("100 ft", 30.48),
        ("12.3 m Above Sea Level", 12.3), ("12.3 m Below Sea Level", -12.3), ("1,2,3", None), ("five", None),
        ("1 234.567", None), ("NaN5", None), ("1_000", None),
    ],
)  # fmt: skip
def test_lengths(text: str, value: float | None) -> None:
    if value is None:
        with pytest.raises(ValueError, match=r"not a number|thousands|lost digits"):
            meters(text)
    else:
        assert meters(text) == pytest.approx(value)


def test_a_list_with_decimal_commas_turns_the_doubt_around() -> None:
    assert quantity("1,234", decimal_comma=True) == pytest.approx(1.234)
    with pytest.raises(ValueError, match="thousands"):
        quantity("1.234", decimal_comma=True)
    assert quantity("1.234") == pytest.approx(1.234)
    assert decimal("13,191") == decimal("13.191") == pytest.approx(13.191)


NOON = datetime(2020, 1, 2, 3, 4, 5)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2020:01:02 03:04:05", NOON), ("2020-01-02T03:04:05Z", NOON.replace(tzinfo=UTC)),
        ("2020:01:02 03:04:05+02:00", NOON.replace(tzinfo=timezone(timedelta(hours=2)))),
        ("2020:01:02 03:04:05.25", NOON.replace(microsecond=250000)), ("2020/01/02 03:04:05", NOON),
        ("2020_01_02_03_04_05_000", NOON), ("02.01.2020 03:04:05", NOON),
        ("2020-01-02 03:04", NOON.replace(second=0)),
        ("1577934245", NOON.replace(tzinfo=UTC)), ("1577934245000", NOON.replace(tzinfo=UTC)),
        ("0000:00:00 00:00:00", None), ("2020:01:02 03:04:05 UTC", NOON.replace(tzinfo=UTC)),
    ],
)  # fmt: skip
def test_times(text: str, time: datetime | None) -> None:
    assert parse_time(text) == time
    if time is not None:
        got = parse_time(text)
        assert got is not None
        assert got.utcoffset() == time.utcoffset()


@pytest.mark.parametrize(
    "text", ["01/02/2020", "soon", "2020:13:02 03:04:05", "20", "2020:01:02 03:04:05+99:00"]
)
def test_times_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_time(text)


def test_bands_of_utm_are_checked_against_the_northing() -> None:
    assert system("33U")(386_000.0, 5_600_000.0)[0] == pytest.approx(50.5, abs=0.3)
    with pytest.raises(ValueError, match="not in band U"):
        system("33U")(386_000.0, 7_000_000.0)
    assert system("33N") != system("33", "S")
    for text in ("EPSG:1", "33I", "+proj=utm +zone=33 +nadgrids=/etc/passwd", "/etc/passwd", "0N", "urn:"):
        with pytest.raises(ValueError, match=r"."):
            system(text)(386_000.0, 5_600_000.0)

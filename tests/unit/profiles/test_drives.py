"""The shipped table of drives: which line a drive's model, as nvme-cli and smartctl show it, falls on."""

from __future__ import annotations

import pytest

from metalctl.content import profiles
from metalctl.model.words import fits

DRIVES = profiles.load("storage").drives
# Model as the tool shows it → drive writes a day. Those of one line stand together where they could be mistaken.
MODELS = {
    "SAMSUNG MZQL23T8HCLS-00A07": 1, "SAMSUNG MZWLJ1T6HBJR-00007": 3, "SAMSUNG MZWLR3T2HBLS-00007": 3,
    "SAMSUNG MZWLJ6T4HALA-00AD3": 3, "SAMSUNG MZWLJ1T9HBJR-00007": 1, "SAMSUNG MZWLR3T8HBLS-00007": 1,
    "SAMSUNG MZWLR7T6HBLA-00A07": 1, "SAMSUNG MZWLR15THBLA-00A07": 1,
    # PM893 and PM897 share their first letters, and 480HBLT is not of the series of 1T9HBLT.
    "SAMSUNG MZ7L3480HBLT-00A07": 3, "SAMSUNG MZ7L3960HBLT-00A07": 3, "SAMSUNG MZ7L31T9HBNA-00A07": 3,
    "SAMSUNG MZ7L3480HCHQ-00A07": 1, "SAMSUNG MZ7L3960HCJR-00A07": 1, "SAMSUNG MZ7L31T9HBLT-00A07": 1,
    "SAMSUNG MZ7L33T8HBLTAD3": 1, "MZ7L33T8HELAAD3": 1, "MZ7L31T9HENAAD3": 3,
    "Micron_7450_MTFDKCC3T8TFR": 1, "Micron_7450_MTFDKBA800TFS": 3, "Micron_7500_MTFDKCC960TGP": 1,
    "Micron_7500_MTFDKCC1T6TGQ": 3, "Micron_5400_MTFDDAK960TGA": 1, "Micron_5400_MTFDDAK1T9TGB": 3,
    "KIOXIA KCM61RUL3T84": 1, "KIOXIA KCM61VUL3T20": 3, "KIOXIA KCMY1RUG3T84": 1, "KIOXIA KCM7XVUG1T60": 3,
    "KIOXIA KCD7XRUG7T68": 1, "KIOXIA KCD81RUG3T84": 1, "KIOXIA KCD81VUG1T60": 3,
    "INTEL SSDPF2KX038T1": 1, "SOLIDIGM SSDPF2KX019T1M": 1, "INTEL SSDPF2KE032T1": 3, "INTEL SSDPE2KX040T8": 1,
    "INTEL SSDPE2KE016T8": 3, "INTEL SSDSC2KB480GZ": 1, "SSDSC2KB038TZR": 1, "INTEL SSDSC2KG019TZ": 3,
    "HFS3T8GEETX099N": 1, "Dell Ent NVMe P5600 MU U.2 1.6TB": 3, "Dell Ent NVMe CM6 RI 3.84TB": 1,
}  # fmt: skip


@pytest.mark.parametrize(("model", "writes"), MODELS.items())
def test_a_drive_is_of_its_endurance_class(model: str, writes: float) -> None:
    assert next(d for d in DRIVES if fits(model, (d.model,))).endurance == writes


@pytest.mark.parametrize(
    "model", ["Samsung SSD 990 PRO 2TB", "INTEL SSDSC2KB480G8", "INTEL SSDPE2KX040T7", "Micron_5400_MTFDDAK3T8TGB",
              "CT1000MX500SSD1", "KINGSTON SEDC600M960G", "WDC WUS4BB038D7P3E3"]
)  # fmt: skip
def test_a_drive_that_nobody_looked_up_is_on_no_line(model: str) -> None:
    assert not [d.model for d in DRIVES if fits(model, (d.model,))]


def test_no_line_is_hidden_behind_another() -> None:
    reached = {next(d.model for d in DRIVES if fits(model, (d.model,))) for model in MODELS}
    assert reached == {d.model for d in DRIVES}

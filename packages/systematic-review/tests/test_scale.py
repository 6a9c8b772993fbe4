"""Many records take little time; beyond one machine Spark gives the same pairs. Run with ``-m scale``.

The records are made up: real-looking titles and abstracts, a share of
duplicates in other spellings, placeholders where abstracts are missing, mark-up.
"""

import random
import resource
import time
from pathlib import Path

import pandas as pd
import pytest

from systematic_review import deduplication, importing, pipeline

pytestmark = pytest.mark.scale

_WORDS = """kerb lamp kiosk tram bench gutter meter plaza ferry tower canal depot sensor ledger permit quay alley bridge
tunnel market governance policy city smart public service data open platform citizen model framework effect trial survey
review analysis urban rural coastal regional national digital social economic climate energy water""".split()  # noqa: SIM905
_MISSING = ("[No abstract available]", "NA", "N/A", "No abstract available.", "Abstract")


def write(folder: Path, count: int, *, missing: float) -> None:
    """Write ``count`` made-up records as RIS of two sources, a tenth of them duplicates in another spelling."""
    chance = random.Random(count)
    works: list[dict[str, str]] = []
    for _ in range(count):
        if works and chance.random() < 0.1:
            work = dict(chance.choice(works[-5_000:]))
            work["title"] = chance.choice([work["title"].upper(), f"<i>{work['title']}</i>.", work["title"]])
            work["journal"] = "".join(word[0] for word in work["journal"].split())
        else:
            title = " ".join(chance.sample(_WORDS, chance.randint(6, 12)))
            abstract = " ".join(chance.choices(_WORDS, k=120)) if chance.random() > missing else chance.choice(_MISSING)
            work = {
                "title": title.capitalize(),
                "author": f"Family{chance.randrange(count // 3 + 1)}, {chance.choice('ABCDEFGH')}.",
                "year": str(chance.randint(1990, 2025)),
                "journal": f"Journal of {chance.choice(_WORDS)} {chance.choice(_WORDS)}",
                "volume": str(chance.randint(1, 60)),
                "page": str(chance.randint(1, 900)),
                "abstract": abstract,
                "keywords": "; ".join(chance.sample(_WORDS, 4)),
            }
        works.append(work)
    folder.mkdir(parents=True, exist_ok=True)
    for source in (0, 1):
        with (folder / f"source_{'ab'[source]}.ris").open("w", encoding="utf-8") as file:
            for work in works[source::2]:
                file.write(
                    "TY  - JOUR\nTI  - {title}\nAU  - {author}\nAU  - Other, B.\nPY  - {year}\nJO  - {journal}\n"
                    "VL  - {volume}\nSP  - {page}\nAB  - {abstract}\nKW  - {keywords}\nER  - \n\n".format(**work)
                )


def timed(folder: Path) -> tuple[dict[str, int], float, float]:
    """Run a review; return its counts, the seconds that it took, and the most memory of this process in GiB."""
    begun = time.monotonic()
    counts = pipeline.run_review(folder)
    return counts, time.monotonic() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def test_twenty_thousand_records_without_abstracts_take_less_than_a_minute(tmp_path: Path) -> None:
    write(tmp_path / "review", 20_000, missing=1.0)
    counts, seconds, memory = timed(tmp_path / "review")
    print(f"20,000 records: {seconds:.0f} s, {memory:.1f} GiB, {counts}")
    assert counts["identified"] == 20_000
    assert seconds < 60


def test_a_hundred_thousand_records_take_less_than_ten_minutes_and_four_gibibytes(tmp_path: Path) -> None:
    write(tmp_path / "review", 100_000, missing=0.2)
    counts, seconds, memory = timed(tmp_path / "review")
    print(f"100,000 records: {seconds:.0f} s, {memory:.1f} GiB, {counts}")
    assert counts["identified"] == 100_000
    assert seconds < 600
    assert memory < 4


def test_spark_gives_the_same_pairs(tmp_path: Path) -> None:
    pytest.importorskip("pyspark")
    write(tmp_path, 1_000, missing=0.2)
    found = importing.read_folder(tmp_path).records
    here = deduplication.find_pairs(found)
    there = deduplication.find_pairs(found, spark="local[2]")
    pd.testing.assert_frame_equal(here, there)

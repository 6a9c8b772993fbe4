"""Which cells depend on chance: those that use what was drawn, and no other."""

import pytest

from checkable_book.adoption.chance import cells_of_chance


@pytest.mark.parametrize(
    ("sources", "varying", "found"),
    [
        (["import random\nfor i in range(3):\n    print(random.random())", "[i * i for i in range(4)]", "i"], {0}, {0}),
        (["x = time.time()", "y = x", "x = [1]; y = x; y", "y"], {0}, {0, 1}),
        (["import numpy as np", "rng = np.random.default_rng(1)\nprint(rng.normal())", "time.time_ns()"], {2}, {2}),
        (["import numpy as np", "np.random.seed(3)", "a = np.random.rand()", "a", "uuid.uuid4()"], {4}, {4}),
        (["import numpy as np", "a = np.random.rand()", "np.random.seed(3)", "np.random.rand()", "a"], {1}, {1, 4}),
        (["print('sales today:', 3)", "time.time()"], {1}, {1}),
        (["import random\ndef draw(n):\n    return random.random() * n", "n = 3", "draw(n)"], {2}, {2}),
        (["found = []", "found.append(time.time())", "len(found)"], {1}, {1, 2}),
        (["import random", "df = load(); df['a'] = random.random()", "df", "df = load()", "df"], {1}, {1, 2}),
        (["if time.time() > 3:\n    late = True", "late", "early"], {0}, {0, 1}),
        (["k = next(unknown)", "k + 1", "m = 2", "m"], {0}, {0, 1}),
        (["%timeit f()", "f()"], {0}, {0}),
        (["import random", "random.random()"], set(), set()),
        (["import numpy as np", "x = np.random.rand(3)\nprint(np.mean(x))", "print(np.sqrt(16))"], {1}, {1}),
        (["from datetime import datetime", "print(datetime.now())", "datetime(2020, 1, 1)"], {1}, {1}),
        (["import numpy as np\nrng = np.random.default_rng(42)", "time.time()", "rng.random(3)"], {1}, {1}),
        (["import random", "random.shuffle(deck)", "deck[0] == 'A'", "deck"], {3}, {1, 2, 3}),
        (["import numpy as np", "np.random.seed(0)\nrng = np.random.default_rng()", "x = rng.normal()"], {2}, {1, 2}),
        (["import numpy as np", "np.random.seed(int(time.time()))", "np.random.rand()"], {2}, {1, 2}),
    ],
)
def test_chance_spreads_as_far_as_what_was_drawn(sources: list[str], varying: set[int], found: set[int]) -> None:
    assert cells_of_chance(sources, varying) == found

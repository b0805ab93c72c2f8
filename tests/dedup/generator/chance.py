"""Chance: all of a run's draws come from one seeded source."""

import bisect
import itertools
import random


class Draw:
    """The source of chance. `rates`: share of each error; `records`: share of entities with 1, 2, ... records."""

    def __init__(self, seed, rates, records):
        self.rng = random.Random(seed)
        self.random = self.rng.random
        self.rates = rates
        self.records = records
        self.tables = {}

    def errs(self, rate):
        return self.random() < self.rates[rate]

    def below(self, limit):
        return int(self.random() * limit)

    def between(self, low, high):
        return low + int(self.random() * (high - low + 1))

    def pick(self, values):
        return values[int(self.random() * len(values))]

    def weighed(self, name, shares):
        """One of the keys of `shares`; `name` says which table it is."""
        if name not in self.tables:
            self.tables[name] = (list(shares), list(itertools.accumulate(shares.values())))
        values, sums = self.tables[name]
        return values[bisect.bisect(sums, self.random() * sums[-1])]

    def record_count(self, at_least=1):
        return max(at_least, self.weighed("records", self.records))

    def frequent(self, name, values):
        """One of `values` by Zipf's law, the first being the most frequent."""
        if name not in self.tables:
            self.tables[name] = (
                list(values),
                list(itertools.accumulate(1 / (rank + 8) for rank in range(len(values)))),
            )
        return self.weighed(name, {})

    def letters(self, count, alphabet="0123456789ABCDEFGHJKLMNPQRSTVWXYZ"):
        return "".join(self.rng.choices(alphabet, k=count))

    def digits(self, count):
        return str(int(self.random() * 10**count)).zfill(count)

    def guid(self):
        text = f"{self.rng.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

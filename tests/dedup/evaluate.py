#!/usr/bin/env python3
"""Compares the entities that a deduplication made with the truth, or its decisions with labels given by people.

Usage: evaluate.py --truth FILE.csv [--id COLUMN] [--cluster COLUMN] [--trap COLUMN] [--review PAIRS.csv] PREDICTED.csv
       evaluate.py --labels FILE.csv --left COLUMN --right COLUMN --score COLUMN PREDICTED.csv
PREDICTED.csv has the columns record_id and entity_id; a record that it does not name is alone. PAIRS.csv has the
columns a and b: pairs of records that a person is to judge. README.md says what each measure means.
Exit status 0: done and every goal of --require reached; 1: a goal missed; 2: the files do not fit.
"""

import argparse
import csv
import gc
import json
import math
import operator
import random
import sys
from collections import Counter, defaultdict

REPLICATES = 400  # of the bootstrap
SEED = 20_250_101
Z = 1.959964  # two-sided 95 %
LARGEST_SIZE = 5  # entities of this many records and more are one group in the table by size


class Misfit(Exception):
    """The files do not fit together, or a goal names no measure."""


# --- reading ---


def read_columns(path, columns):
    """Yields the values of the columns, at least two, for each line."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        head = next(rows, [])
        lacking = [column for column in columns if column not in head]
        if lacking:
            raise Misfit(f"{path}: no column {', '.join(lacking)} among {', '.join(head)}")
        yield from map(operator.itemgetter(*map(head.index, columns)), filter(None, rows))


def read_unique(path, key, value):
    """{key: value} of two columns; a key may not come twice with different values."""
    found = {}
    for name, text in read_columns(path, (key, value)):
        if found.setdefault(name, text) != text:
            raise Misfit(f"{path}: {key} {name} is there twice, as {found[name]} and {text}")
    return found


def entities_of(records, predicted):
    """The predicted entity of each record; one that is not named is an entity of its own."""
    return [predicted.get(record, ("alone", record)) for record in records]


def numbered(values):
    """Equal values become equal small numbers."""
    numbers = {}
    return [numbers.setdefault(value, len(numbers)) for value in values], len(numbers)


# --- chance ---


def wilson(hits, total):
    """95 % confidence interval of a share."""
    if not total:
        return (0.0, 1.0)
    share, spread = hits / total, Z * Z / total
    middle = (share + spread / 2) / (1 + spread)
    half = Z * math.sqrt(share * (1 - share) / total + spread / 4 / total) / (1 + spread)
    return (max(0.0, middle - half), min(1.0, middle + half))


def poisson(chance, mean):
    """A Poisson number; for large means the normal one next to it."""
    if mean > 30:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    left, count = chance.random(), 0
    probability = math.exp(-mean)
    while left > probability and count < 200:
        left -= probability
        count += 1
        probability *= mean / count
    return count


def bootstrap(counted, measures):
    """95 % intervals of functions of summed contributions. `counted` holds (contributions, times that they occur):
    to draw each of n equal clusters Poisson(1) times is to draw Poisson(n) of them.
    """
    chance = random.Random(SEED)
    rows, occurrences = zip(*sorted(counted))
    columns = list(zip(*rows))
    drawn = {name: [] for name in measures}
    for _ in range(REPLICATES):
        weights = [poisson(chance, times) for times in occurrences]
        sums = [sum(map(operator.mul, weights, column)) for column in columns]
        for name, measure in measures.items():
            drawn[name].append(measure(sums))
    intervals = {}
    for name, values in drawn.items():
        values.sort()
        intervals[name] = (values[int(0.025 * REPLICATES)], values[int(0.975 * REPLICATES) - 1])
    return intervals


def ratio(part, whole):
    """Of nothing, everything is right."""
    return part / whole if whole else 1.0


def f1(precision, recall):
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


# --- entities against the truth ---


def pairs(count):
    return count * (count - 1) // 2


class Overlap:
    """How true clusters and predicted entities share records."""

    def __init__(self, truth, predicted):
        self.truth, self.clusters = numbered(truth)
        self.predicted, self.entities = numbered(predicted)
        self.true_sizes = Counter(self.truth)
        self.entity_sizes = Counter(self.predicted)
        self.cells = Counter(zip(self.truth, self.predicted))
        self.mixed = Counter(entity for _, entity in self.cells)  # true clusters in each entity
        self.parts = defaultdict(list)  # (entity, records) of each true cluster
        for (cluster, entity), count in self.cells.items():
            self.parts[cluster].append((entity, count))

    def shape(self, cluster):
        """(size, parts) of a true cluster, a part being (its records, size of their entity, true clusters in that).
        All that is measured hangs on it, and few differ."""
        parts = [(count, self.entity_sizes[entity], self.mixed[entity]) for entity, count in self.parts[cluster]]
        return self.true_sizes[cluster], tuple(sorted(parts))


def is_exact(shape):
    size, parts = shape
    return parts == ((size, size, 1),)


# What each true cluster contributes; sums over all clusters are the counts of the whole. Pairs and entities that
# several clusters share are divided among them by their records.
CONTRIBUTIONS = (
    "true_pairs",
    "found_pairs",
    "predicted_pairs",
    "clusters",
    "exact",
    "predicted_entities",
    "records",
    "b_recall",
    "b_precision",
    "wrong_joins",
    "reviewed_pairs",
)
AT = {name: place for place, name in enumerate(CONTRIBUTIONS)}


def contributions(shape, reviewed_pairs):
    size, parts = shape
    found = shared = entities = b_recall = b_precision = wrong = 0
    for count, entity_size, mixed in parts:
        found += pairs(count)
        shared += count * (entity_size - 1) / 2
        entities += count / entity_size
        b_recall += count * count / size
        b_precision += count * count / entity_size
        wrong += (mixed - 1) / mixed
    return (
        pairs(size),
        found,
        shared,
        1,
        int(is_exact(shape)),
        entities,
        size,
        b_recall,
        b_precision,
        wrong,
        max(found, reviewed_pairs),
    )


def share_of(part, whole):
    return lambda sums: ratio(sums[AT[part]], sums[AT[whole]])


MEASURES = {
    "edge": (share_of("found_pairs", "predicted_pairs"), share_of("found_pairs", "true_pairs")),
    "cluster": (share_of("exact", "predicted_entities"), share_of("exact", "clusters")),
    "bcubed": (share_of("b_precision", "records"), share_of("b_recall", "records")),
}


def measures(with_review):
    found = {}
    for kind, (precision, recall) in MEASURES.items():
        found[f"{kind}_precision"] = precision
        found[f"{kind}_recall"] = recall
        found[f"{kind}_f1"] = lambda sums, p=precision, r=recall: f1(p(sums), r(sums))
    found["wrong_joins"] = lambda sums: 10_000 * sums[AT["wrong_joins"]] / (sums[AT["records"]] or 1)
    if with_review:
        found["recall_with_review"] = share_of("reviewed_pairs", "true_pairs")
    return found


def found_with_review(overlap, links):
    """{true cluster: pairs together once a person has joined the pairs under review that belong together}."""
    found = {}
    for cluster, joins in links.items():
        leader = {entity: entity for entity, _ in overlap.parts[cluster]}
        for a, b in joins:
            a, b = (root(leader, entity) for entity in (a, b))
            leader[a] = b
        sizes = Counter()
        for entity, count in overlap.parts[cluster]:
            sizes[root(leader, entity)] += count
        found[cluster] = sum(pairs(size) for size in sizes.values())
    return found


def root(leader, entity):
    while leader[entity] != entity:
        entity = leader[entity]
    return entity


class Review:
    """The pairs that wait for a person."""

    def __init__(self, path, places, overlap):
        waiting = set()
        self.pairs = self.right = 0
        links = defaultdict(list)
        for a, b in read_columns(path, ("a", "b")):
            if a not in places or b not in places:
                raise Misfit(f"{path}: {a if a not in places else b} is no record of the truth")
            a, b = places[a], places[b]
            if overlap.predicted[a] == overlap.predicted[b]:
                continue  # is joined already
            waiting.update((a, b))
            self.pairs += 1
            if overlap.truth[a] == overlap.truth[b]:
                self.right += 1
                links[overlap.truth[a]].append((overlap.predicted[a], overlap.predicted[b]))
        self.records = len(waiting)
        self.found = found_with_review(overlap, links)


def estimate(value, interval):
    return {"value": value, "low": interval[0], "high": interval[1]}


def share(hits, total):
    """Share of hits with its interval; 0 of nothing."""
    return {**estimate(hits / total if total else 0.0, wilson(hits, total)), "count": hits, "of": total}


def by_size(shapes):
    """For true entities of 1, 2, ... records: how many are exactly right, mixed with others, split."""
    rows = defaultdict(Counter)
    for (shape, _), times in shapes.items():
        size, parts = shape
        row = rows[min(size, LARGEST_SIZE)]
        row["entities"] += times
        row["exact"] += times * is_exact(shape)
        row["mixed"] += times * any(mixed > 1 for _, _, mixed in parts)
        row["split"] += times * (len(parts) > 1)
    return [
        {
            "size": f"{size}{'+' if size == LARGEST_SIZE else ''}",
            "entities": row["entities"],
            **{name: share(row[name], row["entities"]) for name in ("exact", "mixed", "split")},
        }
        for size, row in sorted(rows.items())
    ]


def by_trap(overlap, traps):
    """Share of records of each class that are joined with another true entity, and not with all of their own."""
    rows = defaultdict(Counter)
    for cluster, entity, trap in zip(overlap.truth, overlap.predicted, traps):
        row = rows[trap or "(none)"]
        row["records"] += 1
        row["wrong"] += overlap.mixed[entity] > 1
        row["missed"] += overlap.cells[cluster, entity] < overlap.true_sizes[cluster]
    return {
        trap: {name: share(row[name], row["records"]) for name in ("wrong", "missed")}
        for trap, row in sorted(rows.items())
    }


def read_truth(options):
    """(records, their true clusters, their traps if wanted)"""
    columns = (options.id, options.cluster) + ((options.trap,) if options.trap else ())
    rows = list(read_columns(options.truth, columns))
    if not rows:
        raise Misfit(f"{options.truth}: no records")
    records, truth, *traps = zip(*rows)
    return records, truth, traps[0] if traps else ()


def counts(overlap, sums):
    found = {"records": sum(overlap.true_sizes.values()), "true_entities": overlap.clusters}
    found["predicted_entities"] = overlap.entities
    for name in ("true_pairs", "predicted_pairs", "found_pairs", "wrong_joins"):
        found[name] = round(sums[AT[name]])
    return found


def judge_entities(options):
    records, truth, traps = read_truth(options)
    places = {record: place for place, record in enumerate(records)}
    if len(places) != len(records):
        raise Misfit(f"{options.truth}: {options.id} is not unique")
    predicted = read_unique(options.predicted, "record_id", "entity_id")
    unknown = next((record for record in predicted if record not in places), None)
    if unknown is not None:
        raise Misfit(f"{options.predicted}: {unknown} is no record of the truth")
    overlap = Overlap(truth, entities_of(records, predicted))
    review = Review(options.review, places, overlap) if options.review else None
    together = review.found if review else {}
    shapes = Counter((overlap.shape(cluster), together.get(cluster, 0)) for cluster in range(overlap.clusters))
    counted = [(contributions(*shape), times) for shape, times in shapes.items()]
    sums = [math.fsum(row[place] * times for row, times in counted) for place in range(len(CONTRIBUTIONS))]
    wanted = measures(review is not None)
    intervals = bootstrap(counted, wanted)
    report = {
        "counts": counts(overlap, sums),
        "measures": {name: estimate(measure(sums), intervals[name]) for name, measure in wanted.items()},
        "by_size": by_size(shapes),
    }
    if review:
        report["counts"].update(
            review_pairs=review.pairs, review_pairs_right=review.right, review_records=review.records
        )
        share_waiting = estimate(review.records / len(records), wilson(review.records, len(records)))
        report["measures"]["review_share"] = share_waiting
    if options.trap:
        report["by_trap"] = by_trap(overlap, traps)
    return report


# --- decisions against labels ---


def judge_labels(options):
    predicted = read_unique(options.predicted, "record_id", "entity_id")
    table = Counter()  # (labelled the same, decided to be the same)
    for left, right, score in read_columns(options.labels, (options.left, options.right, options.score)):
        same, decided = float(score) >= options.threshold, left == right or (
            left in predicted and predicted[left] == predicted.get(right)
        )
        table[same and decided, same, decided, 1] += 1
    if not table:
        raise Misfit(f"{options.labels}: no labels")
    sums = [sum(row[place] * times for row, times in table.items()) for place in range(4)]
    both, same, decided, total = sums
    intervals = bootstrap(table.items(), {"f1": lambda drawn: f1(ratio(drawn[0], drawn[2]), ratio(drawn[0], drawn[1]))})
    right = total - same - decided + 2 * both
    return {
        "counts": {"labels": total, "labelled_same": same, "decided_same": decided, "both": both},
        "measures": {
            "label_precision": estimate(ratio(both, decided), wilson(both, decided)),
            "label_recall": estimate(ratio(both, same), wilson(both, same)),
            "label_f1": estimate(f1(ratio(both, decided), ratio(both, same)), intervals["f1"]),
            "label_accuracy": estimate(right / total, wilson(right, total)),
        },
    }


# --- goals and showing ---


def figures(report):
    """Every figure that a goal may name."""
    found = {name: figure["value"] for name, figure in report["measures"].items()}
    for trap, shares in report.get("by_trap", {}).items():
        for name, figure in shares.items():
            found[f"{name}.{trap}"] = figure["value"]
    return found


def missed_goals(report, goals):
    """The goals ("cluster_f1>=0.97,wrong_joins<=1,wrong.franchise<=0") that the figures do not reach."""
    found, missed = figures(report), []
    for goal in filter(None, (goal.strip() for goal in goals.split(","))):
        sign = ">=" if ">=" in goal else "<="
        name, _, limit = (part.strip() for part in goal.partition(sign))
        if name not in found or not limit:
            raise Misfit(f"goal {goal}: write NAME>=NUMBER or NAME<=NUMBER; names are {', '.join(found)}")
        if not (operator.ge if sign == ">=" else operator.le)(found[name], float(limit)):
            missed.append(f"{goal} (is {found[name]:.5f})")
    return missed


def figure_text(figure, digits=4):
    return f"{figure['value']:.{digits}f} [{figure['low']:.{digits}f} {figure['high']:.{digits}f}]"


def show(report):
    print("  ".join(f"{name} {count}" for name, count in report["counts"].items()))
    print("\nmeasure, value [95 % interval]")
    for name, figure in report["measures"].items():
        print(f"  {name:20} {figure_text(figure)}")
    if "by_size" in report:
        print("\nrecords of the true entity: entities, share exactly right, share mixed with others, share split")
        for row in report["by_size"]:
            print(
                f"  {row['size']:4} {row['entities']:8}  "
                + "  ".join(figure_text(row[name]) for name in ("exact", "mixed", "split"))
            )
    if "by_trap" in report:
        print("\ntrap: records, share joined wrongly, share not with all of their own")
        for trap, row in report["by_trap"].items():
            print(f"  {trap:24} {row['wrong']['of']:8}  {figure_text(row['wrong'])}  {figure_text(row['missed'])}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("predicted", metavar="PREDICTED.csv")
    against = parser.add_mutually_exclusive_group(required=True)
    against.add_argument("--truth", metavar="FILE.csv", help="records with the number of their true entity")
    against.add_argument("--labels", metavar="FILE.csv", help="pairs of records that people judged")
    parser.add_argument("--id", default="record_id", metavar="COLUMN")
    parser.add_argument("--cluster", default="cluster_id", metavar="COLUMN")
    parser.add_argument("--trap", metavar="COLUMN", help="class of a record, to be counted by")
    parser.add_argument("--review", metavar="PAIRS.csv")
    parser.add_argument("--left", default="left", metavar="COLUMN")
    parser.add_argument("--right", default="right", metavar="COLUMN")
    parser.add_argument("--score", default="score", metavar="COLUMN")
    parser.add_argument("--threshold", type=float, default=0.5, help="a label from here on means: the same (0.5)")
    parser.add_argument(
        "--require", default="", metavar="GOALS", help='such as "cluster_f1>=0.97,wrong_joins<=1,wrong.franchise<=0"'
    )
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main():
    options = arguments()
    gc.disable()  # millions of tuples without a cycle
    try:
        report = judge_entities(options) if options.truth else judge_labels(options)
        missed = missed_goals(report, options.require)
    except (Misfit, OSError, ValueError, IndexError) as reason:
        print(f"evaluate: {reason}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps({**report, "missed": missed}, indent=1))
    else:
        show(report)
    for goal in missed:
        print(f"evaluate: goal missed: {goal}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

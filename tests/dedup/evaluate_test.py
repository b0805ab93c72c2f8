#!/usr/bin/env python3
"""The measures against cases computed by hand, and what generate.py promises of its data.

Usage: evaluate_test.py
"""

import collections
import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SCHEMAS = HERE.parent.parent / "plugins" / "syncers"
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))
import generate  # noqa: E402  the tables of rates and traps
from generator import table, words  # noqa: E402


def run(program, *arguments):
    return subprocess.run(
        [sys.executable, "-B", HERE / program, *map(str, arguments)], capture_output=True, text=True, check=False
    )


class Evaluation(unittest.TestCase):
    """Three true entities, A of three records, B of two and C of one; of A one record was put to B."""

    TRUTH = "key,group,class\n1,A,\n2,A,\n3,A,odd\n4,B,odd\n5,B,\n6,C,\n"
    PREDICTED = "record_id,entity_id\n1,x\n2,x\n3,y\n4,y\n5,y\n"

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def file(self, name, text):
        path = pathlib.Path(self.folder.name) / name
        path.write_text(text, encoding="utf-8")
        return path

    def run_on(self, truth, predicted, *more):
        return run(
            "evaluate.py",
            "--truth",
            self.file("truth.csv", truth),
            "--id",
            "key",
            "--cluster",
            "group",
            *more,
            self.file("predicted.csv", predicted),
        )

    def judge(self, truth, predicted, *more):
        done = self.run_on(truth, predicted, "--json", *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def assert_measures(self, report, **expected):
        for name, value in expected.items():
            figure = report["measures"][name]
            self.assertAlmostEqual(figure["value"], value, places=9, msg=name)
            self.assertLessEqual(figure["low"], figure["high"], name)

    def test_a_record_in_the_wrong_entity(self):
        report = self.judge(self.TRUTH, self.PREDICTED)
        self.assert_measures(
            report,
            edge_precision=2 / 4,
            edge_recall=2 / 4,
            edge_f1=0.5,
            cluster_precision=1 / 3,
            cluster_recall=1 / 3,
            cluster_f1=1 / 3,
            bcubed_precision=(1 + 1 + 1 / 3 + 2 / 3 + 2 / 3 + 1) / 6,
            bcubed_recall=(2 / 3 + 2 / 3 + 1 / 3 + 1 + 1 + 1) / 6,
            wrong_joins=10_000 / 6,
        )
        self.assertEqual(
            report["counts"],
            {
                "records": 6,
                "true_entities": 3,
                "predicted_entities": 3,
                "true_pairs": 4,
                "predicted_pairs": 4,
                "found_pairs": 2,
                "wrong_joins": 1,
            },
        )

    def test_all_right(self):
        report = self.judge(self.TRUTH, "record_id,entity_id\n1,a\n2,a\n3,a\n4,b\n5,b\n6,c\n")
        for name, figure in report["measures"].items():
            right = 0 if name == "wrong_joins" else 1
            self.assertEqual([round(figure[key], 12) for key in ("value", "low", "high")], [right] * 3, name)

    def test_nothing_joined(self):
        report = self.judge(self.TRUTH, "record_id,entity_id\n")
        self.assert_measures(
            report,
            edge_precision=1,
            edge_recall=0,
            edge_f1=0,
            cluster_precision=1 / 6,
            cluster_recall=1 / 3,
            bcubed_precision=1,
            bcubed_recall=3 / 6,
            wrong_joins=0,
        )

    def test_all_in_one(self):
        report = self.judge(self.TRUTH, "record_id,entity_id\n" + "".join(f"{record},x\n" for record in range(1, 7)))
        self.assert_measures(
            report,
            edge_precision=4 / 15,
            edge_recall=1,
            cluster_precision=0,
            cluster_recall=0,
            cluster_f1=0,
            bcubed_precision=(9 + 4 + 1) / 36,
            bcubed_recall=1,
            wrong_joins=10_000 * 2 / 6,
        )

    def test_sizes(self):
        rows = {row["size"]: row for row in self.judge(self.TRUTH, self.PREDICTED)["by_size"]}
        shares = {size: [row[name]["count"] for name in ("exact", "mixed", "split")] for size, row in rows.items()}
        self.assertEqual(shares, {"1": [1, 0, 0], "2": [0, 1, 0], "3": [0, 1, 1]})

    def test_traps(self):
        rows = self.judge(self.TRUTH, self.PREDICTED, "--trap", "class")["by_trap"]
        self.assertEqual([rows["odd"][name]["value"] for name in ("wrong", "missed")], [1, 0.5])
        self.assertEqual([rows["(none)"][name]["count"] for name in ("wrong", "missed")], [1, 2])

    def test_review(self):
        """2-3 joins the two parts of A; 4-5 are one already; 1-6 would be wrong and helps nothing."""
        review = self.file("review.csv", "a,b\n2,3\n4,5\n1,6\n")
        report = self.judge(self.TRUTH, self.PREDICTED, "--review", review)
        self.assert_measures(report, edge_recall=0.5, recall_with_review=1, review_share=4 / 6)
        self.assertEqual(
            [report["counts"][name] for name in ("review_pairs", "review_pairs_right", "review_records")], [2, 1, 4]
        )

    def test_review_joins_only_what_its_pairs_connect(self):
        truth = "key,group\n" + "".join(f"{record},A\n" for record in range(4))
        report = self.judge(truth, "record_id,entity_id\n", "--review", self.file("review.csv", "a,b\n0,1\n1,2\n"))
        self.assert_measures(report, edge_recall=0, recall_with_review=3 / 6)

    def test_interval_of_a_share(self):
        """Wilson's intervals of 0 and of 50 of 100, as the tables have them."""
        truth = "key,group,class\n" + "".join(f"{record},{record},odd\n" for record in range(100))
        half = "".join(f"{record},x\n" for record in range(50))
        for predicted, expected in (("", [0, 0, 0.0370]), (half, [0.5, 0.4038, 0.5962])):
            report = self.judge(truth, "record_id,entity_id\n" + predicted, "--trap", "class")
            wrong = report["by_trap"]["odd"]["wrong"]
            self.assertEqual([round(wrong[key], 4) for key in ("value", "low", "high")], expected)

    def test_interval_by_bootstrap(self):
        """Half of 400 pairs found: the standard error is 0.025."""
        truth = "key,group\n" + "".join(f"{record},{record // 2}\n" for record in range(800))
        predicted = "record_id,entity_id\n" + "".join(f"{record},{record // 2}\n" for record in range(400))
        recall = self.judge(truth, predicted)["measures"]["edge_recall"]
        self.assertEqual(recall["value"], 0.5)
        self.assertAlmostEqual(recall["low"], 0.5 - 1.96 * 0.025, delta=0.012)
        self.assertAlmostEqual(recall["high"], 0.5 + 1.96 * 0.025, delta=0.012)

    def test_order_of_the_files_says_nothing(self):
        head, *lines = self.PREDICTED.splitlines(keepends=True)
        turned = head + "".join(reversed(lines)).replace("x", "z")
        once, again = (self.run_on(self.TRUTH, predicted).stdout for predicted in (self.PREDICTED, turned))
        self.assertEqual(once, again)

    def test_goals(self):
        for goals, status in (
            ("edge_f1>=0.5,wrong_joins<=1667", 0),
            ("cluster_f1>=0.97", 1),
            ("wrong.odd<=0.5", 1),
            ("missed.odd<=0.5", 0),
            ("beauty>=1", 2),
            ("edge_f1=1", 2),
        ):
            done = self.run_on(self.TRUTH, self.PREDICTED, "--trap", "class", "--require", goals)
            self.assertEqual(done.returncode, status, goals + done.stderr)

    def test_files_that_do_not_fit(self):
        for reason, truth, predicted in (
            ("a record of nobody", self.TRUTH, "record_id,entity_id\n7,x\n"),
            ("a record in two entities", self.TRUTH, "record_id,entity_id\n1,x\n1,y\n"),
            ("no such column", self.TRUTH, "record,entity\n1,x\n"),
            ("an id that comes twice", self.TRUTH + "6,D,\n", self.PREDICTED),
            ("no records", "key,group\n", "record_id,entity_id\n"),
        ):
            done = self.run_on(truth, predicted)
            self.assertEqual((done.returncode, done.stdout), (2, ""), reason)
            self.assertIn("evaluate: ", done.stderr)

    def test_labels(self):
        """Labelled the same: 1-2 and 1-3; decided to be the same: 1-2 and 4-5."""
        labels = self.file("labels.csv", "l,r,how\n1,2,1.0\n1,3,0.5\n4,5,0.1\n4,6,0\n")
        predicted = self.file("predicted.csv", "record_id,entity_id\n1,x\n2,x\n4,y\n5,y\n")
        done = run(
            "evaluate.py", "--labels", labels, "--left", "l", "--right", "r", "--score", "how", "--json", predicted
        )
        report = json.loads(done.stdout)
        self.assert_measures(report, label_precision=0.5, label_recall=0.5, label_f1=0.5, label_accuracy=0.5)
        self.assertEqual(report["counts"], {"labels": 4, "labelled_same": 2, "decided_same": 2, "both": 1})


class Generated(unittest.TestCase):
    """Small data of each kind, read back."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.sets = {}
        for name, more in (("plain", []), ("again", []), ("other", ["--seed", 2]), ("hostile", ["--hostile"])):
            done = run("generate.py", "--seed", 1, "--scale", 0.01, "--out", cls.path(name), *more)
            if done.returncode:
                raise AssertionError(done.stderr)
            cls.sets[name] = {entity: cls.read(name, entity) for entity in generate.SIZES}

    @classmethod
    def path(cls, name):
        return pathlib.Path(cls.folder.name) / name

    @classmethod
    def read(cls, name, entity):
        with open(cls.path(name) / f"{entity}.csv", encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def each(self):
        """Every file of plain and of hostile data."""
        for name in ("plain", "hostile"):
            for entity, records in self.sets[name].items():
                yield entity, records

    def clusters(self, records):
        found = collections.defaultdict(list)
        for record in records:
            found[record["cluster_id"]].append(record)
        return found

    def trapped(self, data, entity, trap):
        return [record for record in self.sets[data][entity] if record["trap"] == trap]

    def test_a_seed_gives_the_same_bytes(self):
        for entity in generate.SIZES:
            plain, again, other = (
                (self.path(name) / f"{entity}.csv").read_bytes() for name in ("plain", "again", "other")
            )
            self.assertEqual(plain, again)
            self.assertNotEqual(plain, other)

    def test_columns_are_canonical_fields(self):
        for entity in generate.SIZES:
            schema = json.loads((SCHEMAS / entity / "schema.json").read_text(encoding="utf-8"))
            self.assertLessEqual(set(table.COLUMNS[entity]), {field["name"] for field in schema["fields"]})

    def test_ids_are_unique(self):
        for _, records in self.each():
            self.assertEqual(len({record["record_id"] for record in records}), len(records))

    def test_labels_are_consistent(self):
        for entity, records in self.each():
            self.assertEqual({record["trap"] for record in records}, set(generate.TRAPS[entity]) | {""})
            for records_of_one in self.clusters(records).values():
                trap = records_of_one[0]["trap"]
                self.assertEqual({record["trap"] for record in records_of_one}, {trap})
                self.assertIn(len(records_of_one), range(2 if trap in generate.TRUE_MATCHES else 1, 5))

    def test_groups_have_several_entities(self):
        for entity, records in self.each():
            for trap, (_, size, _) in generate.TRAPS[entity].items():
                planted = {record["cluster_id"] for record in records if record["trap"] == trap}
                self.assertGreaterEqual(len(planted), min(size, 2), trap)

    def test_relations(self):
        for data in ("plain", "hostile"):
            sets = self.sets[data]
            clients = {record["record_id"]: record["name"] for record in sets["client"]}
            known = {
                entity: {record["record_id"]: record for record in sets[entity]} for entity in ("contact", "asset")
            }
            for entity in ("contact", "asset", "ticket"):
                for record in sets[entity]:
                    self.assertEqual(clients[f"{record['connection']}:{record['client_id']}"], record["client_name"])
                    for column, target in (("contact_ids", "contact"), ("asset_ids", "asset")):
                        for source_id in json.loads(record.get(column) or "[]"):
                            self.assertIn(f"{record['connection']}:{source_id}", known[target])
                    if record.get("contact_id"):
                        person = known["contact"][f"{record['connection']}:{record['contact_id']}"]
                        self.assertEqual(person["client_id"], record["client_id"])

    def test_fields_that_tell_are_there(self):
        """What tells the entities of a trap apart is never missing where the trap as such gives it."""
        sometimes_empty = {
            ("holding", "tax_number"),
            ("top_level", "phone"),
            ("alert_again", "closed_at"),
            ("reply_forward", "closed_at"),
        }
        for entity, records in self.each():
            for record in records:
                for column in generate.TRAPS[entity].get(record["trap"], (0, 0, ()))[2]:
                    if (record["trap"], column) not in sometimes_empty:
                        self.assertTrue(record[column], f"{record['trap']} {column}")

    def assert_shared(self, entity, trap, column, within="cluster_id"):
        """In hostile data as in plain, records of different `within` have equal values."""
        for data in ("plain", "hostile"):
            holders = collections.defaultdict(set)
            for record in self.trapped(data, entity, trap):
                holders[record[column].replace(":", "").replace("-", "")].add(record[within])
            self.assertTrue(any(len(found) > 1 for found in holders.values()), f"{trap} {column}")

    def test_hard_negatives_share_what_misleads(self):
        for entity, trap, column in (
            ("client", "franchise", "trading_name"),
            ("client", "holding", "domain"),
            ("client", "top_level", "top_level_name"),
            ("client", "free_mail", "domain"),
            ("client", "own_phone", "phone"),
            ("contact", "role_mailbox", "email"),
            ("contact", "couple", "email"),
            ("contact", "namesake", "first_name"),
            ("asset", "placeholder_serial", "serial_number"),
            ("asset", "cloned_uuid", "key_field"),
            ("asset", "dock_mac", "key_field_2"),
            ("asset", "vpn_mac", "key_field_2"),
            ("asset", "reused_hostname", "name"),
            ("asset", "virtual_machine", "serial_number"),
            ("ticket", "alert_id_reused", "third_party_id"),
            ("ticket", "recurring_ticket", "summary"),
        ):
            self.assert_shared(entity, trap, column)

    def test_placeholders_are_placeholders(self):
        for record in self.trapped("plain", "asset", "placeholder_serial"):
            self.assertIn(record["serial_number"], words.PLACEHOLDER_SERIALS)

    def test_true_matches_keep_what_shows_them(self):
        for trap, column in (
            ("reimaged_pc", "serial_number"),
            ("board_swap", "serial_number"),
            ("alert_repeat", "third_party_id"),
            ("double_submission", "contact_email"),
            ("reply", "contact_email"),
            ("renamed_firm", "domain"),
        ):
            entity = next(entity for entity, traps in generate.TRAPS.items() if trap in traps)
            for records in self.clusters(self.trapped("hostile", entity, trap)).values():
                self.assertEqual(len({record[column] for record in records}), 1, trap)

    def test_hostile_data_lack_more(self):
        def lacking(data):
            titles = [record["title"] for record in self.sets[data]["contact"] if record["connection"] == "halo"]
            return titles.count("") / len(titles)

        self.assertAlmostEqual(lacking("plain"), generate.RATES["missing"][0], delta=0.03)
        self.assertAlmostEqual(lacking("hostile"), generate.RATES["missing"][1], delta=0.03)


if __name__ == "__main__":
    unittest.main()

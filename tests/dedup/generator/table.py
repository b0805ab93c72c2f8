"""The files: which source gives which fields, and what becomes of the values on the way."""

import csv

from generator import words

CONNECTIONS = ("halo", "rmm", "m365", "accounting")
COLUMNS = {
    "client": "client_id name trading_name top_level_name reference phone website domain main_contact_name "
    "main_contact_email main_contact_phone delivery_address invoice_address tax_number azure_tenant_id accounts_id "
    "inactive".split(),
    "contact": "name first_name last_name title client_id client_name department email email_2 phone mobile_phone "
    "home_phone login azure_id inactive".split(),
    # key_field holds the SMBIOS UUID and key_field_2 the MAC address: the model has no fields of their own for them
    "asset": "name asset_tag key_field key_field_2 client_id client_name contact_ids user_name asset_type_name "
    "serial_number manufacturer model host_name operating_system ip_address datto_id intune_id inactive".split(),
    "ticket": "summary details client_id client_name contact_id contact_name contact_email status_name closed "
    "ticket_type_name source asset_ids opened_at closed_at third_party_id".split(),
}
# Every source gives these; the others only what is said of it below. Halo gives all.
ALWAYS = {
    "client": "client_id name inactive".split(),
    "contact": "name client_id client_name inactive".split(),
    "asset": "name client_id client_name inactive".split(),
    "ticket": [column for column in COLUMNS["ticket"] if column not in ("details", "contact_name", "contact_email")],
}
GIVEN_BY = {
    ("client", "rmm"): "phone website domain delivery_address".split(),
    ("client", "m365"): "domain azure_tenant_id phone".split(),
    ("client", "accounting"): "reference phone website domain main_contact_name main_contact_email delivery_address "
    "invoice_address tax_number accounts_id".split(),
    ("contact", "rmm"): "first_name last_name email phone login".split(),
    ("contact", "m365"): "first_name last_name title department email phone mobile_phone login azure_id".split(),
    ("contact", "accounting"): "first_name last_name email phone mobile_phone".split(),
    ("asset", "rmm"): "key_field key_field_2 contact_ids user_name asset_type_name serial_number manufacturer model "
    "host_name operating_system ip_address datto_id".split(),
    ("asset", "m365"): "key_field_2 contact_ids user_name serial_number manufacturer model host_name operating_system "
    "intune_id".split(),
    ("asset", "accounting"): "asset_tag serial_number manufacturer model asset_type_name".split(),
}
OWN_PHONE = "+44 113 496 0000"  # of the service provider itself
GENERIC = {
    "phone": [OWN_PHONE, "0000000000", "01234567890", "0", "n/a"],
    "mobile_phone": ["0000000000", "07000000000", "n/a"],
    "domain": ["gmail.com", "hotmail.com", "example.com"],
    "website": ["http://www.example.com", "www.google.com", "n/a"],
    "main_contact_name": ["Accounts", "Reception", "General User"],
    "main_contact_email": ["noreply@provider.example", "none@none.com"],
    "main_contact_phone": [OWN_PHONE, "0000000000"],
    "delivery_address": ["N/A", "TBC", "As above"],
    "invoice_address": ["As above", "N/A"],
    "tax_number": ["GB000000000", "N/A", "0"],
    "reference": ["0", "NEW"],
    "email": ["none@none.com", "noreply@provider.example", "unknown@example.com"],
    "login": ["user", "admin", "owner"],
    "serial_number": words.PLACEHOLDER_SERIALS,
    "key_field": [
        "00000000-0000-0000-0000-000000000000",
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "03000200-0400-0500-0006-000700080009",
    ],
    "key_field_2": ["00:00:00:00:00:00", "00:05:9A:3C:7A:00", "02:00:4C:4F:4F:50"],
    "host_name": ["localhost", "DESKTOP-PC", "WIN-PC"],
    "asset_tag": ["N/A", "0", "TBC"],
    "user_name": ["Administrator", "User", "Owner"],
    "contact_name": ["Unassigned", "General User"],
    "contact_email": ["noreply@provider.example"],
    "details": ["See above", "-"],
}


class Table:
    """One file. Records come in any order of entities and leave in a drawn one, so that neighbours say nothing.

    `traps`: {class: (share of entities, entities in a group, fields that tell)}; `true_matches`: the classes whose
    records are of one entity, all the same.
    """

    def __init__(self, entity, draw, traps, true_matches):
        self.entity = entity
        self.draw = draw
        self.traps = traps
        self.true_matches = true_matches
        self.columns = COLUMNS[entity]
        self.telling = {trap: set(fields) for trap, (_, _, fields) in traps.items()}
        self.telling[""] = set()
        self.clusters = 0
        self.given = dict.fromkeys(CONNECTIONS, 0)
        self.lines = []
        self.writer = csv.writer(self, lineterminator="\n")

    def write(self, line):
        self.lines.append(line)

    def planted(self, total):
        """(trap, entities in the group) for as many groups as make `total` entities; every trap at least once."""
        left = total
        for trap, (share, size, _) in self.traps.items():
            for _ in range(max(1, round(total * share / size))):
                left -= size
                yield trap, size
        for _ in range(left):
            yield "", 1

    def least_records(self, trap):
        """A true match is one only from two records on."""
        return 2 if trap in self.true_matches else 1

    def new_cluster(self):
        self.clusters += 1
        return f"{self.entity}-{self.clusters}"

    def new_id(self, connection):
        """The next source id; a number that says nothing of its neighbours."""
        self.given[connection] += 1
        number = self.given[connection] * 7_368_787 % 9_999_991
        if connection == "m365":
            return self.draw.guid()
        return f"AC{number:07d}" if connection == "accounting" else str(number)

    def add(self, connection, source_id, cluster, trap, values):
        """Writes the record as the connection gives it: some values are missing, some are generic."""
        draw = self.draw
        keep = self.telling[trap]
        always = ALWAYS[self.entity]
        given = GIVEN_BY.get((self.entity, connection))
        missing, generic = draw.rates["missing"], draw.rates["generic"]
        row = [f"{connection}:{source_id}", connection, cluster, trap]
        for column in self.columns:
            value = values.get(column, "")
            if value and column not in keep and column not in always:
                if (given is not None and column not in given) or draw.random() < missing:
                    value = ""
                elif column in GENERIC and draw.random() < generic:
                    value = draw.pick(GENERIC[column])
            row.append(value)
        self.writer.writerow(row)

    def save(self, folder):
        self.draw.rng.shuffle(self.lines)
        with open(folder / f"{self.entity}.csv", "w", encoding="utf-8", newline="") as file:
            file.write(",".join(["record_id", "connection", "cluster_id", "trap", *self.columns]) + "\n")
            file.writelines(self.lines)
        print(f"{self.entity}: {len(self.lines)} records of {self.clusters} entities")

#!/usr/bin/env python3
"""Makes the records of a managed service provider as four sources see them, with planted duplicates, planted traps
and the truth: client.csv, contact.csv, asset.csv and ticket.csv; README.md says what is in them.

Usage: generate.py --seed N --out FOLDER [--scale 0.05] [--hostile]
The same arguments give the same bytes.
"""

import argparse
import pathlib
import sys

sys.dont_write_bytecode = True  # the source tree stays clean
from generator.assets import write_assets  # noqa: E402
from generator.chance import Draw  # noqa: E402
from generator.clients import Crowd, write_clients  # noqa: E402
from generator.contacts import write_contacts  # noqa: E402
from generator.table import Table  # noqa: E402
from generator.tickets import write_tickets  # noqa: E402

SIZES = {"client": 20_000, "contact": 200_000, "asset": 300_000, "ticket": 500_000}  # entities at scale 1
RECORDS = {1: 0.48, 2: 0.30, 3: 0.14, 4: 0.08}  # records of an entity: share of entities

# Errors: share of the values or records concerned, in plain and in hostile data.
RATES = {
    "missing": (0.08, 0.30),  # a value that the source could give is not there
    "generic": (0.01, 0.20),  # a value that says nothing stands in its place, where there are such values
    "typo": (0.03, 0.05),  # a letter lost, doubled, exchanged or swapped with the next
    "case": (0.03, 0.06),  # all capitals or all small
    "no_accents": (0.50, 0.70),  # Müller: Muller or Mueller
    "legal_form": (0.45, 0.60),  # other way of writing it, or none
    "abbreviation": (0.12, 0.20),  # Services: Svcs, Street: St, and: &
    "reordered": (0.02, 0.04),  # Plumbing, Smith
    "town_added": (0.02, 0.03),  # Smith Plumbing (Leeds)
    "trading_name": (0.015, 0.02),  # known by its trading name here
    "moved": (0.03, 0.05),  # an older address
    "short_address": (0.10, 0.20),  # without its town or its postcode
    "nickname": (0.06, 0.10),
    "initial": (0.03, 0.05),  # J Smith
    "surname_first": (0.04, 0.06),  # Smith, John
    "married": (0.008, 0.01),  # other surname, other e-mail address, old one still known
    "changed_email": (0.04, 0.06),  # another address; in half of the cases the old one is the second
    "changed_phone": (0.03, 0.05),
    "linked": (0.35, 0.25),  # Halo knows the id in the other source
    "random_mac": (0.02, 0.04),  # made up by the network card for each network
    "domain_host": (0.08, 0.10),  # host name with the domain: PC1.firm.local
    "tag_name": (0.15, 0.10),  # Halo and accounting name a machine by model and tag, not by host name
    "closed_duplicate": (0.05, 0.05),  # a second ticket that somebody has closed meanwhile
}

# Traps: share of entities that are planted in them, entities in one group, and the fields that tell (or, in a class
# of TRUE_MATCHES, that show that it is one): these are never missing or generic, and names among them not misspelt.
TRAPS = {
    "client": {
        "franchise": (0.030, 6, ("name", "delivery_address", "phone")),
        "holding": (0.020, 3, ("name", "tax_number")),
        "top_level": (0.020, 4, ("name", "delivery_address", "phone", "top_level_name")),
        "free_mail": (0.050, 1, ("name", "domain", "main_contact_email")),
        "hosting_domain": (0.020, 1, ("name", "domain", "website")),
        "own_phone": (0.030, 1, ("name", "phone")),
        "registered_office": (0.030, 1, ("name", "delivery_address")),
        "renamed_firm": (0.015, 1, ("domain", "tax_number", "phone")),
    },
    "contact": {
        "role_mailbox": (0.015, 3, ("name", "email")),
        "shared_phone": (0.020, 4, ("name", "phone")),
        "senior_junior": (0.004, 2, ("name", "last_name")),
        "couple": (0.006, 2, ("name", "first_name", "email", "home_phone")),
        "leaver_rehired": (0.006, 2, ("name", "email", "azure_id", "inactive")),
        "namesake": (0.006, 2, ("name", "email", "azure_id")),
        "two_clients_one_person": (0.006, 2, ("name", "email", "mobile_phone")),
    },
    "asset": {
        "placeholder_serial": (0.020, 4, ("serial_number", "host_name")),
        "cloned_uuid": (0.010, 3, ("serial_number", "host_name", "key_field")),
        "dock_mac": (0.015, 3, ("serial_number", "host_name", "key_field_2")),
        "vpn_mac": (0.010, 4, ("serial_number", "host_name", "key_field_2")),
        "reused_hostname": (0.010, 2, ("serial_number", "host_name", "inactive")),
        "virtual_machine": (0.016, 4, ("serial_number", "host_name", "key_field", "asset_type_name", "model")),
        "serial_batch": (0.020, 4, ("serial_number", "host_name")),
        "reimaged_pc": (0.015, 1, ("serial_number", "key_field", "key_field_2")),
        "board_swap": (0.010, 1, ("serial_number", "asset_tag", "host_name")),
    },
    "ticket": {
        "alert_repeat": (0.100, 1, ("third_party_id",)),
        "double_submission": (0.060, 1, ("contact_email",)),
        "reply": (0.050, 1, ("contact_email",)),
        "alert_id_reused": (0.010, 2, ("third_party_id",)),
        "alert_again": (0.010, 2, ("third_party_id", "closed_at")),
        "differs_in_host": (0.030, 4, ("third_party_id",)),
        "differs_in_number": (0.030, 3, ()),
        "recurring_ticket": (0.050, 5, ()),
        "outage": (0.030, 5, ("contact_email",)),
        "reply_forward": (0.030, 3, ("contact_email", "closed_at")),
    },
}
TRUE_MATCHES = {"renamed_firm", "reimaged_pc", "board_swap", "alert_repeat", "double_submission", "reply"}


def generate(seed, folder, scale, hostile):
    """Writes the four files into the folder. One entity's chance does not depend on how another one drew."""
    folder.mkdir(parents=True, exist_ok=True)
    rates = {error: rate[hostile] for error, rate in RATES.items()}
    tables = {
        entity: Table(entity, Draw(f"{seed}/{entity}", rates, RECORDS), TRAPS[entity], TRUE_MATCHES) for entity in SIZES
    }
    totals = {entity: round(size * scale) for entity, size in SIZES.items()}
    clients = write_clients(tables["client"].draw, tables["client"], totals["client"])
    tables["client"].save(folder)
    for entity, write in (("contact", write_contacts), ("asset", write_assets)):
        draw = tables[entity].draw
        write(draw, tables[entity], totals[entity], Crowd(draw, clients))
        tables.pop(entity).save(folder)
    write_tickets(tables["ticket"].draw, tables["ticket"], totals["ticket"], clients)
    tables["ticket"].save(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True, metavar="FOLDER")
    parser.add_argument(
        "--scale", type=float, default=0.05, help="1: 20,000 clients, 200,000 contacts, 300,000 assets, 500,000 tickets"
    )
    parser.add_argument("--hostile", action="store_true", help="30 %% of the values are missing, 20 %% say nothing")
    options = parser.parse_args()
    generate(options.seed, options.out, options.scale, options.hostile)


if __name__ == "__main__":
    main()

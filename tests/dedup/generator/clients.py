"""Client records: firms in eight countries."""

import bisect
import itertools
from dataclasses import dataclass, field

from generator import words
from generator.table import OWN_PHONE
from generator.writing import abbreviated, phone_text, scribbled, slug, without_accents

COUNTRIES = {"GB": 0.55, "US": 0.12, "AU": 0.08, "DE": 0.07, "IE": 0.06, "NZ": 0.04, "FR": 0.04, "NL": 0.04}
DOMAINS = {
    "GB": ".co.uk",
    "US": ".com",
    "AU": ".com.au",
    "DE": ".de",
    "IE": ".ie",
    "NZ": ".co.nz",
    "FR": ".fr",
    "NL": ".nl",
}


@dataclass
class Address:
    country: str
    unit: str
    number: int
    street: str
    kind: tuple
    town: str
    postcode: str


def new_address(draw, country, town):
    name, area = town
    if country in ("DE", "FR", "NL"):
        street, kind = draw.pick(words.STREETS[country]), ("", "")
    else:
        street, kind = draw.pick(words.STREETS["en"]), draw.pick(words.STREET_TYPES)
    postcode = {
        "GB": lambda: f"{area}{draw.between(1, 29)} {draw.between(1, 9)}{draw.letters(2, 'ABDEFGHJLNPQRSTUWXYZ')}",
        "IE": lambda: f"{area} {draw.letters(4)}",
        "NL": lambda: f"{area}{draw.digits(2)} {draw.letters(2, 'ABCDEFGHJKLM')}",
        "DE": lambda: area + draw.digits(3),
        "FR": lambda: area + draw.digits(3),
        "US": lambda: area + draw.digits(2),
        "AU": lambda: area + draw.digits(2),
        "NZ": lambda: area + draw.digits(2),
    }[country]()
    unit = f"{draw.pick(('Unit', 'Suite', 'Floor'))} {draw.between(1, 30)}, " if draw.random() < 0.15 else ""
    return Address(country, unit, draw.between(1, 240), street, kind, name, postcode)


def address_text(draw, address):
    kind = address.kind[1] if draw.errs("abbreviation") else address.kind[0]
    town, postcode = address.town, address.postcode
    if draw.errs("short_address"):
        town, postcode = ("", postcode) if draw.random() < 0.5 else (town, "")
    if address.country == "DE":
        street = f"{address.street}{'str.' if draw.random() < 0.4 else 'straße'} {address.number}, {postcode} {town}"
    elif address.country == "FR":
        street = f"{address.number} rue {address.street}, {postcode} {town}"
    elif address.country == "NL":
        street = f"{address.street}straat {address.number}, {postcode} {town}"
    else:
        street = f"{address.number} {address.street} {kind}, {town}{', ' if town and postcode else ''}{postcode}"
    return scribbled(draw, without_accents(draw, (address.unit + street).strip(" ,")))


@dataclass
class Client:
    trap: str
    country: str
    town: tuple
    stem: str  # the name without its legal form
    legal: tuple
    trading_name: str
    former_name: str
    top_level_name: str
    domain: str
    mail: str  # domain of its e-mail
    website: str
    contact: str
    email: str  # of the contact; empty: by name at the firm
    phone: str
    address: Address
    invoice: Address
    tax: str
    tenant: str
    weight: float  # how large it is, against others
    records: list = field(default_factory=list)  # (connection, source id, name)
    contacts: list = field(default_factory=list)
    assets: list = field(default_factory=list)
    hosts: int = 0


def city(town):
    """The town without the state that is written with it."""
    return " ".join(word for word in town[0].split() if not word.isupper())


def firm_name(draw, town):
    kind = draw.random()
    trade = draw.frequent("trade", words.TRADES)
    surname = draw.frequent("surname", words.SURNAMES)
    if kind < 0.30:
        return f"{surname} {trade}"
    if kind < 0.42:
        return f"{surname} {'&' if draw.random() < 0.6 else 'and'} {draw.frequent('surname', words.SURNAMES)} {trade}"
    if kind < 0.50:
        return f"{draw.letters(1, 'ABCDEFGHJKLMPRST')} {surname} & Sons {trade}"
    if kind < 0.64:
        return f"{city(town)} {trade}"
    if kind < 0.72:
        return f"{draw.letters(3, 'ABCDEFGHJKLMNPRST')} {trade}"
    if kind < 0.76:
        return f"The {draw.pick(words.STREETS['en'])} {trade} Company"
    return f"{draw.pick(words.BRANDS)} {trade}"


def new_phone(draw):
    """A national number without its leading zero."""
    return f"{draw.between(2, 9)}{draw.digits(9)}"


def new_client(draw, taken, trap, country):
    town = draw.frequent(country, words.TOWNS[country])
    stem = firm_name(draw, town)
    while (country, slug(stem)) in taken:  # no register takes a name twice
        stem = f"{draw.pick(words.BRANDS)} {stem}" if draw.random() < 0.5 else firm_name(draw, town)
    taken.add((country, slug(stem)))
    label = slug(" ".join(stem.split()[:2])) if draw.random() < 0.4 else slug(stem)
    while label + DOMAINS[country] in taken:
        label += draw.pick(("group", "online", slug(town[0]), "uk", "hq", "1"))
    domain = label + DOMAINS[country]
    taken.add(domain)
    person = f"{draw.frequent('given', words.GIVEN)} {draw.frequent('surname', words.SURNAMES)}"
    return Client(
        trap,
        country,
        town,
        stem,
        draw.pick(words.LEGAL[country]),
        draw.pick(words.BRANDS) + " " + stem.split()[-1] if draw.random() < 0.2 else "",
        "",
        "",
        domain,
        domain,
        "www." + domain,
        person,
        "",
        new_phone(draw),
        new_address(draw, country, town),
        new_address(draw, country, town),
        country + draw.digits(9),
        draw.guid(),
        min(draw.rng.paretovariate(1.2), 60),
    )


def in_other_town(draw, client, taken):
    """A new client of the same country in a town that `taken` does not have yet."""
    towns = [town for town in words.TOWNS[client.country] if town not in taken] or words.TOWNS[client.country]
    client.town = draw.pick(towns)
    client.address = client.invoice = new_address(draw, client.country, client.town)
    taken.append(client.town)


def make_franchise(draw, clients, taken):
    chain = draw.pick(words.CHAINS)
    while chain in taken:
        chain = f"{draw.frequent('surname', words.SURNAMES)}'s {draw.pick(words.CHAINS)}"
    taken.add(chain)
    names_town = draw.random() < 0.5
    towns = []
    for client in clients:
        in_other_town(draw, client, towns)
        client.stem = f"{chain} {city(client.town)}" if names_town else chain
        client.legal = clients[0].legal
        client.trading_name = chain
        client.domain = client.mail = slug(chain) + DOMAINS[client.country]
        client.website = "www." + client.domain
        client.email = f"{slug(city(client.town))}@{client.domain}"


def make_holding(draw, clients):
    first = clients[0]
    for client, kind in zip(
        clients[1:],
        draw.rng.sample(["Holdings", "Group", "Properties", "International", "Investments"], len(clients) - 1),
    ):
        client.stem = f"{first.stem} {kind}"
        client.legal, client.town, client.address, client.invoice = (
            first.legal,
            first.town,
            first.address,
            first.invoice,
        )
        client.domain, client.mail, client.website, client.phone = first.domain, first.mail, first.website, first.phone
    for client in clients:
        client.trading_name = ""


def make_top_level(draw, clients):
    first = clients[0]
    top, towns = first.stem, []
    for client in clients:
        client.legal, client.domain, client.mail, client.website = first.legal, first.domain, first.mail, first.website
        client.tax = first.tax if client is first else ""  # the branches are no firms of their own
        in_other_town(draw, client, towns)
        client.top_level_name = f"{top} {first.legal[0]}"
        client.stem = f"{top} - {city(client.town)}"
        client.trading_name = ""


def make_free_mail(draw, clients):
    for client in clients:
        client.domain = client.mail = draw.pick(words.FREE_MAIL)
        client.website = ""
        client.email = f"{slug(client.stem)[:24]}@{client.domain}"


def make_hosting_domain(draw, clients):
    for client in clients:
        label = slug(client.stem)
        client.domain = draw.pick(words.HOSTERS)
        client.website = f"https://www.{client.domain}/{label}"


def make_own_phone(draw, clients):
    for client in clients:
        client.phone = ""  # written as the provider's


def make_registered_office(draw, clients, offices):
    for client in clients:
        office = draw.pick(offices)
        client.address = client.invoice = office


def make_renamed_firm(draw, clients):
    for client in clients:
        client.former_name = firm_name(draw, client.town)


def client_name(draw, client, stem):
    """The name as one source writes it. Traps keep the words of their names: they tell."""
    legal = client.legal[0]
    if draw.errs("legal_form"):
        legal = draw.pick(client.legal[1])
    if client.trap in ("", "renamed_firm"):
        stem = scribbled(draw, abbreviated(draw, without_accents(draw, stem)))
        head, _, tail = stem.partition(" ")
        if tail[:1].isupper() and draw.errs("reordered"):
            stem = f"{tail}, {head}"
        if draw.errs("town_added"):
            return f"{stem} {legal} ({city(client.town)})".replace("  ", " ")
    return f"{stem} {legal}".strip()


def sources(draw, count):
    """Where the records of an entity come from: Halo may have several, the others one each."""
    others = ["rmm", "m365", "accounting"]
    draw.rng.shuffle(others)
    found = ["halo" if draw.random() < 0.92 else others.pop()]
    while len(found) < count:
        found.append("halo" if not others or draw.random() < 0.35 else others.pop())
    return found


def website_text(draw, website):
    if not website or draw.random() < 0.5:
        return website
    return "https://" + website.removeprefix("https://") + "/"


def client_values(draw, client, name, trading_name, phone, address):
    """What all sources know of the firm, but for the ids that they have of each other."""
    main_phone = phone_text(draw, client.country, phone) if phone else ""
    return {
        "name": name,
        "trading_name": trading_name,
        "top_level_name": client.top_level_name,
        "reference": slug(client.stem)[:6].upper() + str(len(client.stem)),
        "phone": main_phone or OWN_PHONE,
        "website": website_text(draw, client.website),
        "domain": client.domain,
        "main_contact_name": scribbled(draw, client.contact),
        "main_contact_email": client.email or f"{slug(client.contact.split()[0])}@{client.mail}",
        "main_contact_phone": main_phone,
        "delivery_address": address_text(draw, address),
        "invoice_address": address_text(draw, client.invoice),
        "tax_number": client.tax if draw.random() < 0.7 else client.tax[2:],
        "inactive": "false",
    }


def write_client(draw, table, client):
    cluster = table.new_cluster()
    accounts_id = ""
    old_address, old_phone = new_address(draw, client.country, client.town), new_phone(draw)
    telling = table.telling[client.trap]
    for index, connection in enumerate(sources(draw, draw.record_count(table.least_records(client.trap)))):
        source_id = client.tenant if connection == "m365" else table.new_id(connection)
        if connection == "accounting":
            accounts_id = source_id
        name, trading = client.stem, client.trading_name
        if client.former_name and index == 0:
            name = client.former_name
        elif trading and not client.trap and draw.errs("trading_name"):
            name, trading = trading, client.stem
        name = client_name(draw, client, name)
        address = old_address if "delivery_address" not in telling and draw.errs("moved") else client.address
        phone = old_phone if "phone" not in telling and draw.errs("changed_phone") else client.phone
        values = client_values(draw, client, name, trading, phone, address)
        values["client_id"] = source_id
        if connection != "halo" or draw.errs("linked"):
            values["azure_tenant_id"], values["accounts_id"] = client.tenant, accounts_id
        table.add(connection, source_id, cluster, client.trap, values)
        client.records.append((connection, source_id, name))


def write_clients(draw, table, total):
    taken = set()
    offices = [new_address(draw, "GB", draw.pick(words.TOWNS["GB"])) for _ in range(max(1, total // 2000))]
    make = {
        "franchise": lambda draw, clients: make_franchise(draw, clients, taken),
        "holding": make_holding,
        "top_level": make_top_level,
        "free_mail": make_free_mail,
        "hosting_domain": make_hosting_domain,
        "own_phone": make_own_phone,
        "renamed_firm": make_renamed_firm,
        "registered_office": lambda draw, clients: make_registered_office(draw, clients, offices),
        "": lambda draw, clients: None,
    }
    clients = []
    for trap, size in table.planted(total):
        country = "GB" if trap == "registered_office" else draw.weighed("country", COUNTRIES)
        group = [new_client(draw, taken, trap, country) for _ in range(size)]
        make[trap](draw, group)
        for client in group:
            write_client(draw, table, client)
        clients += group
    return clients


class Crowd:
    """Draws clients by their size."""

    def __init__(self, draw, clients):
        self.draw = draw
        self.clients = clients
        self.sums = list(itertools.accumulate(client.weight for client in clients))

    def pick(self):
        return self.clients[bisect.bisect(self.sums, self.draw.random() * self.sums[-1])]


def seen_by(draw, client, at_least):
    """Records of the client whose sources know a person or a thing of it, too: Halo perhaps twice, others once."""
    count = draw.record_count(at_least)
    known, found = [], set()
    for record in client.records:
        if record[0] == "halo" or record[0] not in found:
            known.append(record)
            found.add(record[0])
    draw.rng.shuffle(known)
    halo = [record for record in known if record[0] == "halo"] or known[:1]
    while len(known) < count and (halo[0][0] == "halo" or len(known) < at_least):
        known.append(draw.pick(halo))
    return known[:count]

"""Contact records: people at the clients."""

from dataclasses import dataclass

from generator import words
from generator.clients import Client, new_phone, seen_by
from generator.writing import phone_text, scribbled, slug, without_accents


@dataclass
class Person:
    trap: str
    client: Client
    given: str
    surname: str
    suffix: str
    email: str
    mobile: str
    phone: str
    home: str
    azure: str
    inactive: str


def new_email(draw, client, given, surname, taken):
    style = len(client.stem) % 3  # a firm has one style
    local = (f"{slug(given)}.{slug(surname)}", f"{slug(given)[:1]}{slug(surname)}", slug(given))[style]
    return unused_email(draw, client, local, taken)


def unused_email(draw, client, local, taken):
    number = draw.between(50, 99) if client.mail in words.FREE_MAIL else 1
    email = f"{local}{number if number > 1 else ''}@{client.mail}"
    while email in taken:
        number += 1
        email = f"{local}{number}@{client.mail}"
    taken.add(email)
    return email


def new_person(draw, client, taken, trap):
    given, surname = draw.frequent("given", words.GIVEN), draw.frequent("surname", words.SURNAMES)
    return Person(
        trap,
        client,
        given,
        surname,
        "",
        new_email(draw, client, given, surname, taken),
        "7" + draw.digits(9),
        new_phone(draw),
        "",
        draw.guid(),
        "false",
    )


def make_equal_names(draw, people, taken):
    first, *others = people
    for person in others:
        person.given, person.surname = first.given, first.surname
        person.email = new_email(draw, person.client, first.given, first.surname, taken)


def make_contacts(draw, trap, crowd, size, taken):
    client = crowd.pick()
    people = [new_person(draw, client, taken, trap) for _ in range(size)]
    first = people[0]
    if trap == "role_mailbox":
        role = unused_email(draw, client, draw.pick(words.ROLES), taken)
        for person in people:
            person.email = role
    elif trap == "shared_phone":
        for person in people:
            person.phone, person.mobile = client.phone or first.phone, ""
    elif trap == "senior_junior":
        make_equal_names(draw, people, taken)
        for person, suffix in zip(people, ("Sr", "Jr")):
            person.suffix, person.phone = suffix, first.phone
    elif trap == "couple":
        while people[1].given == first.given:
            people[1].given = draw.frequent("given", words.GIVEN)
        email = unused_email(draw, client, f"{slug(first.surname)}family", taken)
        for person in people:
            person.surname, person.email, person.home, person.mobile = first.surname, email, first.phone, ""
    elif trap == "leaver_rehired":
        make_equal_names(draw, people, taken)
        first.inactive = "true"
    elif trap == "namesake":
        make_equal_names(draw, people, taken)
    elif trap == "two_clients_one_person":
        while people[1].client is client:
            people[1].client = crowd.pick()
        make_equal_names(draw, people, taken)
        people[1].mobile = first.mobile
    return people


def person_names(draw, person, surname):
    """(name, first name, last name) as one source writes them. Traps keep their full names."""
    given = person.given
    if not person.trap:
        if words.GIVEN[given] and draw.errs("nickname"):
            given = draw.pick(words.GIVEN[given])
        elif draw.errs("initial"):
            given = given[0]
        given, surname = scribbled(draw, without_accents(draw, given)), scribbled(draw, without_accents(draw, surname))
    if person.suffix:
        surname = f"{surname} {person.suffix}"
    if draw.errs("surname_first"):
        return f"{surname}, {given}", given, surname
    return f"{given} {surname}", given, surname


def addresses(draw, person, telling):
    """(e-mail address, second one, surname) as one source has them: people marry, and change their addresses."""
    if not person.trap and draw.errs("married"):
        surname = draw.frequent("surname", words.SURNAMES)
        return f"{slug(person.given)}.{slug(surname)}@{person.client.mail}", person.email, surname
    if "email" not in telling and draw.errs("changed_email"):
        local = f"{slug(person.given)}{slug(person.surname)[:1]}{draw.digits(2)}"
        known = person.email if draw.random() < 0.5 else ""
        return f"{local}@{draw.pick(words.FREE_MAIL)}", known, person.surname
    return person.email, "", person.surname


def write_person(draw, table, person):
    cluster = table.new_cluster()
    country = person.client.country
    title, department = draw.pick(words.JOBS), draw.pick(words.DEPARTMENTS)
    telling = table.telling[person.trap]
    records = []
    for connection, client_id, client_name in seen_by(draw, person.client, table.least_records(person.trap)):
        source_id = person.azure if connection == "m365" else table.new_id(connection)
        email, email_2, surname = addresses(draw, person, telling)
        phone = new_phone(draw) if "phone" not in telling and draw.errs("changed_phone") else person.phone
        name, first, last = person_names(draw, person, surname)
        linked = connection != "halo" or "azure_id" in telling or draw.errs("linked")
        values = {
            "name": name,
            "first_name": first,
            "last_name": last,
            "title": title,
            "client_id": client_id,
            "client_name": client_name,
            "department": department,
            "email": email,
            "email_2": email_2,
            "phone": phone_text(draw, country, phone),
            "mobile_phone": person.mobile and phone_text(draw, country, person.mobile),
            "home_phone": person.home and phone_text(draw, country, person.home),
            "login": email if connection == "m365" else email.split("@")[0],
            "azure_id": person.azure if linked else "",
            "inactive": person.inactive,
        }
        table.add(connection, source_id, cluster, person.trap, values)
        records.append((connection, source_id, client_id, client_name, name, email))
    person.client.contacts.append(records)


def write_contacts(draw, table, total, crowd):
    taken = set()
    for trap, size in table.planted(total):
        for person in make_contacts(draw, trap, crowd, size, taken):
            write_person(draw, table, person)

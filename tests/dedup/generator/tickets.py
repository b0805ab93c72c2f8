"""Ticket records: what people report, what monitors raise, and what comes by the calendar."""

from dataclasses import dataclass

from generator import words
from generator.clients import Crowd
from generator.writing import DAY, time_text, typo


@dataclass
class Ticket:
    trap: str
    summary: str
    opened: int
    person: tuple = ()  # the contact's record
    asset: tuple = ()  # the asset's record
    details: str = ""
    alert: str = ""
    kind: str = "Incident"
    source: str = "Email"
    closed: int = 0  # seconds; 0: open


def complaint(draw):
    text = draw.frequent("complaint", words.COMPLAINTS)
    return text.replace("{thing}", draw.frequent("thing", words.THINGS)).replace("{n}", str(draw.between(100, 999)))


def resubmitted(draw, text):
    """The summary as the same person types it once more."""
    kind = draw.random()
    if kind < 0.55:
        return text
    if kind < 0.75:
        return typo(draw, text)
    return text.lower() if kind < 0.85 else text + draw.pick((".", "!", " please"))


def at_the_desk(records):
    """Those records of a person or a machine that tickets are written on: nobody opens them in the accounting software,
    if there is another place."""
    return [record for record in records if record[0] != "accounting"] or records


class Desk:
    """Makes the tickets. Each method gives the entities of one group; an entity is the list of its records."""

    def __init__(self, draw, clients):
        self.draw = draw
        self.counted = 1000  # by systems that number their alerts
        self.staffed = Crowd(draw, [client for client in clients if len(client.contacts) >= 6])
        self.equipped = Crowd(draw, [client for client in clients if len(client.assets) >= 4])
        self.peopled = Crowd(draw, [client for client in clients if client.contacts])

    def moment(self):
        """Some second of the year, rather at daytime."""
        return self.draw.below(365) * DAY + self.draw.between(7 * 3600, 19 * 3600)

    def one_of(self, records):
        return self.draw.pick(at_the_desk(records))

    def requester(self, client):
        return self.one_of(self.draw.pick(client.contacts))

    def request(self, trap, person, summary, opened, **more):
        draw = self.draw
        details = " ".join((draw.pick(words.DETAILS), draw.pick(words.DETAILS)))
        ticket = Ticket(
            trap,
            summary,
            opened,
            person,
            details=details,
            source=draw.pick(("Email", "Email", "Portal", "Phone")),
            **more,
        )
        if not ticket.closed and trap not in ("double_submission", "reply") and draw.random() < 0.7:
            ticket.closed = opened + draw.between(1800, 5 * DAY)
        return ticket

    def alert(self, trap, asset, text, opened, alert_id):
        ticket = Ticket(
            trap,
            text.replace("{host}", asset[4]),
            opened,
            asset=asset,
            details=f"Monitor of {asset[4]}: {text.split('{host}')[0].strip(' -')}",
            alert=alert_id,
            kind="Alert",
            source="Alert",
        )
        ticket.closed = opened + self.draw.between(600, DAY) if self.draw.random() < 0.7 else 0
        return ticket

    def plain(self, trap, size):
        draw = self.draw
        if draw.random() < 0.25:
            asset = self.one_of(draw.pick(self.equipped.pick().assets))
            return [[self.alert(trap, asset, draw.pick(words.ALERTS), self.moment(), draw.guid())]]
        return [[self.request(trap, self.requester(self.peopled.pick()), complaint(draw), self.moment())]]

    def alert_repeat(self, trap, size):
        draw = self.draw
        records = at_the_desk(draw.pick(self.equipped.pick().assets))
        text, alert_id, opened = draw.pick(words.ALERTS), draw.guid(), self.moment()
        return [
            [
                self.alert(trap, records[turn % len(records)], text, opened + turn * draw.between(1, 3600), alert_id)
                for turn in range(draw.record_count(2))
            ]
        ]

    def double_submission(self, trap, size):
        draw = self.draw
        person, summary, opened = self.requester(self.peopled.pick()), complaint(draw), self.moment()
        tickets = [self.request(trap, person, summary, opened)]
        for _ in range(1 if draw.random() < 0.85 else 2):
            opened += draw.between(5, 280)
            tickets.append(self.request(trap, person, resubmitted(draw, summary), opened))
        for ticket in tickets:
            ticket.details = tickets[0].details
        if draw.errs("closed_duplicate"):
            tickets[-1].closed = opened + draw.between(600, DAY)
        return [tickets]

    def reply(self, trap, size):
        """The answer to the desk's mail opens a second ticket; most name the first one."""
        draw = self.draw
        first = self.request(trap, self.requester(self.peopled.pick()), complaint(draw), self.moment())
        first.source = "Email"
        named = draw.random() < 0.8
        again = Ticket(
            trap,
            f"RE: {first.summary}{' [ID:{first}]' if named else ''}",
            first.opened + draw.between(60, 2 * DAY if named else 540),
            first.person,
            details=f"{draw.pick(words.DETAILS)} > {first.details}",
        )
        return [[first, again]]

    def alert_id_reused(self, trap, size):
        """Two systems that count their alerts from 1 give two clients the same number."""
        draw = self.draw
        self.counted += 1
        alert_id = str(self.counted)
        first = self.equipped.pick()
        second = self.equipped.pick()
        while second is first:
            second = self.equipped.pick()
        text = draw.pick(words.ALERTS)
        return [
            [self.alert(trap, self.one_of(draw.pick(client.assets)), text, self.moment(), alert_id)]
            for client in (first, second)
        ]

    def alert_again(self, trap, size):
        """The same trouble comes back after its ticket was closed."""
        draw = self.draw
        asset, text, opened = (
            self.one_of(draw.pick(self.equipped.pick().assets)),
            draw.pick(words.ALERTS),
            self.moment(),
        )
        tickets = []
        for _ in range(size):
            ticket = self.alert(trap, asset, text, opened, draw.guid())
            ticket.closed = opened + draw.between(600, DAY)
            opened = ticket.closed + draw.between(2 * DAY, 20 * DAY)
            tickets.append([ticket])
        return tickets

    def differs_in_host(self, trap, size):
        draw = self.draw
        client, text, opened = self.equipped.pick(), draw.pick(words.ALERTS), self.moment()
        assets = draw.rng.sample(client.assets, min(size, len(client.assets)))
        return [[self.alert(trap, self.one_of(asset), text, opened + draw.below(120), draw.guid())] for asset in assets]

    def differs_in_number(self, trap, size):
        """One person reports several like things, one after the other."""
        draw = self.draw
        person, opened, number = self.requester(self.peopled.pick()), self.moment(), draw.between(1, 90)
        text = draw.pick(
            (
                "Printer {n} offline",
                "PC-{n:03d} does not start",
                "Please order phone no. {n}",
                "Room {n}: screen broken",
                "Invoice {n:05d} not sent",
            )
        )
        return [
            [self.request(trap, person, text.format(n=number + turn), opened + turn * draw.between(30, 150))]
            for turn in range(size)
        ]

    def recurring_ticket(self, trap, size):
        draw = self.draw
        person, text, opened = (
            self.requester(self.peopled.pick()),
            draw.pick(words.RECURRING),
            self.draw.below(200) * DAY + 8 * 3600,
        )
        step = DAY if text.startswith("Daily") else 7 * DAY if text.startswith("Weekly") else 30 * DAY
        tickets = []
        for turn in range(size):
            ticket = self.request(trap, person, text, opened + turn * step)
            ticket.kind, ticket.source, ticket.details = "Recurring", "Schedule", text + " by the checklist."
            tickets.append([ticket])
        return tickets

    def outage(self, trap, size):
        draw = self.draw
        client, opened = self.staffed.pick(), self.moment()
        text = draw.pick(words.OUTAGES)
        sampled = draw.rng.sample(client.contacts, min(size, len(client.contacts)))
        people = {person[0][5]: person for person in sampled}.values()  # of a shared mailbox only one
        return [
            [
                self.request(
                    trap,
                    self.one_of(person),
                    text if draw.random() < 0.6 else draw.pick(words.OUTAGES),
                    opened + draw.below(1500),
                )
            ]
            for person in people
        ]

    def reply_forward(self, trap, size):
        """A mail, what a colleague asks when forwarding it, and a reply weeks after the first was closed."""
        draw = self.draw
        client, opened, summary = self.staffed.pick(), self.moment(), complaint(draw)
        one, other = draw.rng.sample(client.contacts, 2)
        person = self.one_of(one)
        first = self.request(trap, person, summary, opened, closed=opened + draw.between(3600, 3 * DAY))
        forward = self.request(trap, self.one_of(other), f"FW: {summary}", opened + draw.between(600, DAY))
        later = self.request(trap, person, f"RE: {summary}", first.closed + draw.between(14 * DAY, 40 * DAY))
        return [[first], [forward], [later]]


def write_ticket(table, cluster, ticket, source_id, first_id):
    where = ticket.person or ticket.asset
    person = ticket.person
    table.add(
        where[0],
        source_id,
        cluster,
        ticket.trap,
        {
            "summary": ticket.summary.replace("{first}", first_id),
            "details": ticket.details,
            "client_id": where[2],
            "client_name": where[3],
            "contact_id": person[1] if person else "",
            "contact_name": person[4] if person else "",
            "contact_email": person[5] if person else "",
            "status_name": "Closed" if ticket.closed else "In Progress",
            "closed": "true" if ticket.closed else "false",
            "ticket_type_name": ticket.kind,
            "source": ticket.source,
            "asset_ids": f'["{ticket.asset[1]}"]' if ticket.asset else "",
            "opened_at": time_text(ticket.opened),
            "closed_at": time_text(ticket.closed) if ticket.closed else "",
            "third_party_id": ticket.alert,
        },
    )


def write_tickets(draw, table, total, clients):
    desk = Desk(draw, clients)
    for trap, size in table.planted(total):
        for tickets in getattr(desk, trap or "plain")(trap, size):
            cluster = table.new_cluster()
            first_id = ""
            for ticket in tickets:
                source_id = table.new_id((ticket.person or ticket.asset)[0])
                first_id = first_id or source_id
                write_ticket(table, cluster, ticket, source_id, first_id)

"""Asset records: the machines of the clients."""

from dataclasses import dataclass

from generator import words
from generator.clients import Client, seen_by
from generator.writing import scribbled, slug, typo


@dataclass
class Machine:
    trap: str
    client: Client
    host: str
    tag: str
    serial: str
    uuid: str
    mac: str
    maker: str
    model: str
    kind: str
    system: str
    inactive: str


def new_mac(draw, head):
    tail = draw.letters(6, "0123456789ABCDEF")
    return f"{head}:{tail[:2]}:{tail[2:4]}:{tail[4:]}"


def new_host(draw, client, kind):
    if draw.random() < 0.06:
        return "DESKTOP-" + draw.letters(7)
    client.hosts += 1
    code = {"Laptop": "LT", "Desktop": "PC", "Server": "SRV"}[kind]
    return f"{slug(client.stem)[:3 + len(client.stem) % 3].upper()}-{code}-{client.hosts:03d}"


def new_machine(draw, client, trap):
    maker = draw.pick(list(words.MACHINES))
    models, serial_letters, mac = words.MACHINES[maker]
    kind = draw.pick(("Laptop", "Laptop", "Desktop", "Desktop", "Desktop" if maker == "Apple" else "Server"))
    system = "macOS 14" if maker == "Apple" else draw.pick(words.SERVER_SYSTEMS if kind == "Server" else words.SYSTEMS)
    return Machine(
        trap,
        client,
        new_host(draw, client, kind),
        f"{slug(client.stem)[:2].upper()}{draw.digits(5)}",
        draw.letters(serial_letters),
        draw.guid().upper(),
        new_mac(draw, mac),
        maker,
        draw.pick(models),
        kind,
        system,
        "false",
    )


def make_assets(draw, trap, crowd, size):
    scattered = trap in ("placeholder_serial", "vpn_mac")  # these meet across clients, the others within one
    client = crowd.pick()
    machines = [new_machine(draw, crowd.pick() if scattered else client, trap) for _ in range(size)]
    first = machines[0]
    if trap == "placeholder_serial":
        first.serial = draw.pick(words.PLACEHOLDER_SERIALS)
    elif trap == "serial_batch":
        first.serial = first.serial[:-1] + "0"
    for number, machine in enumerate(machines[1:], 1):
        if trap in ("placeholder_serial", "virtual_machine"):
            machine.serial = first.serial
        elif trap == "cloned_uuid":
            machine.uuid = first.uuid
        elif trap in ("dock_mac", "vpn_mac"):
            machine.mac = first.mac
        elif trap == "reused_hostname":
            machine.host = first.host
        elif trap == "serial_batch":
            machine.maker, machine.model, machine.kind = first.maker, first.model, first.kind
            machine.serial = first.serial[:-1] + str(number)
    if trap == "vpn_mac":
        for machine in machines:
            machine.mac = "00:FF:2B:" + first.mac[9:]
    elif trap == "reused_hostname":
        first.inactive = "true"
    elif trap == "virtual_machine":
        first.kind = "Server"
        for machine in machines[1:]:
            machine.kind, machine.maker, machine.model = "Virtual Machine", "Microsoft Corporation", "Virtual Machine"
            machine.mac, machine.host, machine.system = (
                new_mac(draw, "00:15:5D"),
                new_host(draw, client, "Server"),
                draw.pick(words.SERVER_SYSTEMS),
            )
    return machines


@dataclass
class Workshop:
    """What a machine that came to the workshop has got there."""

    host: str
    uuid: str
    mac: str


def machine_after(machine, index, workshop):
    """(host, UUID, MAC) as record `index` shows them: from the second on it is as it came back."""
    if index and machine.trap == "reimaged_pc":
        return workshop.host, machine.uuid, machine.mac
    if index and machine.trap == "board_swap":
        return machine.host, workshop.uuid, workshop.mac
    return machine.host, machine.uuid, machine.mac


def random_mac(draw):
    """One that the network card made up: the second digit says so."""
    digits = "0123456789ABCDEF"
    return new_mac(draw, f"{draw.pick(digits)}{draw.pick('26AE')}:{draw.letters(2, digits)}:{draw.letters(2, digits)}")


def mac_text(draw, mac):
    return mac if draw.random() < 0.7 else mac.replace(":", draw.pick(("-", "")))


def host_text(draw, machine, host):
    host = host.lower() if draw.errs("case") else host
    return f"{host}.{slug(machine.client.stem)[:10]}.local" if draw.errs("domain_host") else host


def machine_values(draw, machine, connection, telling, shown):
    """What the source knows of the machine that shows itself as `shown`, but for its relations."""
    host, uuid, mac = shown
    if "key_field_2" not in telling and draw.errs("random_mac"):
        mac = random_mac(draw)
    serial = machine.serial
    if "serial_number" not in telling and connection in ("halo", "accounting") and draw.errs("typo"):
        serial = typo(draw, serial).upper()  # typed by a person
    by_tag = not machine.trap and connection in ("halo", "accounting") and draw.errs("tag_name")
    return {
        "name": f"{machine.model} {machine.tag}" if by_tag else host,
        "asset_tag": machine.tag,
        "key_field": uuid,
        "key_field_2": mac_text(draw, mac),
        "asset_type_name": machine.kind,
        "serial_number": serial,
        "manufacturer": machine.maker,
        "model": machine.model,
        "host_name": host_text(draw, machine, host),
        "operating_system": machine.system,
        "inactive": machine.inactive,
    }


def write_machine(draw, table, machine):
    cluster = table.new_cluster()
    client = machine.client
    datto, intune = draw.guid(), draw.guid()
    if machine.trap in table.true_matches:
        datto = intune = ""  # a new agent has a new id, and Halo still shows none
    mac = new_mac(draw, words.MACHINES[machine.maker][2])
    workshop = Workshop(new_host(draw, client, "Desktop"), draw.guid().upper(), mac)
    network = f"10.{draw.below(250)}.{draw.below(250)}"
    user = draw.pick(client.contacts) if client.contacts else []
    users = {record[0]: record[1] for record in user}
    records = []
    seen = seen_by(draw, client, table.least_records(machine.trap))
    for index, (connection, client_id, client_name) in enumerate(seen):
        source_id = intune if connection == "m365" and intune else table.new_id(connection)
        shown = machine_after(machine, index, workshop)
        values = machine_values(draw, machine, connection, table.telling[machine.trap], shown)
        values["client_id"], values["client_name"] = client_id, client_name
        values["user_name"] = scribbled(draw, user[0][4]) if user else ""
        values["contact_ids"] = f'["{users[connection]}"]' if connection in users else ""
        values["ip_address"] = f"{network}.{draw.between(2, 250)}"
        if connection != "halo" or draw.errs("linked"):
            values["datto_id"], values["intune_id"] = datto, intune
        table.add(connection, source_id, cluster, machine.trap, values)
        records.append((connection, source_id, client_id, client_name, shown[0]))
    client.assets.append(records)


def write_assets(draw, table, total, crowd):
    for trap, size in table.planted(total):
        for machine in make_assets(draw, trap, crowd, size):
            write_machine(draw, table, machine)

"""How people and programs write things, and the slips that they make."""

import datetime
import unicodedata

from generator import words

DIALLING = {"GB": "44", "US": "1", "AU": "61", "DE": "49", "IE": "353", "NZ": "64", "FR": "33", "NL": "31"}
DAY = 86_400  # seconds
DATES = [(datetime.date(2025, 1, 1) + datetime.timedelta(day)).isoformat() for day in range(800)]


def typo(draw, text):
    if len(text) < 4:
        return text
    at = draw.between(1, len(text) - 2)
    kind = draw.below(4)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at] + text[at:]
    if kind == 2:
        return text[:at] + draw.pick("aeiorstnl") + text[at + 1 :]
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def scribbled(draw, text):
    """The text as typed by a person in haste."""
    if draw.errs("typo"):
        text = typo(draw, text)
    if draw.errs("case"):
        text = text.upper() if draw.random() < 0.6 else text.lower()
    return text


def plain_letters(text):
    return unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ø", "o")).encode("ascii", "ignore").decode()


def without_accents(draw, text):
    if text.isascii() or not draw.errs("no_accents"):
        return text
    if draw.random() < 0.5:
        text = text.replace("ü", "ue").replace("ö", "oe").replace("ä", "ae")
    return plain_letters(text)


def abbreviated(draw, text):
    if draw.errs("abbreviation"):
        for long, short in words.ABBREVIATIONS:
            if long in text:
                return text.replace(long, short)
    return text


def slug(text):
    return "".join(letter for letter in plain_letters(text).lower() if letter.isalnum())


def phone_text(draw, country, number):
    """A national number without its leading zero, in one of the ways people write it."""
    code = DIALLING[country]
    a, b, c = number[:3], number[3:6], number[6:]
    kind = draw.below(6)
    if country == "US":
        return (f"({a}) {b}-{c}", f"{a}-{b}-{c}", f"{a}.{b}.{c}", f"+1 {a} {b} {c}", f"1-{a}-{b}-{c}", number)[kind]
    return (
        f"0{a} {b} {c}",
        f"+{code} {a} {b} {c}",
        f"+{code} (0){a} {b}{c}",
        f"0{number}",
        f"(0{a}) {b}{c}",
        f"+{code}{number}",
    )[kind]


def time_text(seconds):
    """Seconds since the beginning of 2025 as the canonical model writes times."""
    days, second = divmod(seconds, DAY)
    return f"{DATES[days]}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.000Z"

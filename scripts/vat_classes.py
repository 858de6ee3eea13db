"""What the classes of VAT rates stand for: reads vat_classes.ini, for make_reference.py.

A class means the same goods in a country for all time, so that no product changes
its rate because a name was used again.  The file names the goods of a class once,
and the rates that a person has judged to be of these goods: what the data has
besides stops the generator, until somebody has looked.
"""

import collections
import configparser
import datetime
import re
import textwrap

# Classes that law knows by the height of their rate
LEVELS = ("standard", "reduced", "reduced2", "super_reduced", "super_reduced2", "parking",
          "zero")

# Classes that follow goods which law has moved from one level to another
GOODS = ("accommodation", "books", "bread", "culture", "energy", "food", "fruit",
         "hairdressing", "heating", "housing", "hygiene", "medicine", "oil", "pasta", "plants",
         "press", "repair", "restaurant", "solar", "transport")

# What no other class is for; it needs no judgement
REST = "standard"
REST_GOODS = "what no other class is for"

Rate = collections.namedtuple(
    "Rate", "country region vat_class rate valid_from valid_to source confidence note")
Class = collections.namedtuple("Class", "given rates goods moved_to source confidence")


def require(condition, message):
    if not condition:
        raise ValueError(f"vat_classes.ini: {message}")


def periods(text, where):
    """'2004-05-01 5, 2009-01-01 -' -> [('2004-05-01', '5'), ('2009-01-01', None)]"""
    result = []
    for item in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"(\d{4}-\d\d-\d\d) (\d+(?:\.\d+)?|-)", item)
        require(match, f"{where}: {item!r} is no day with a rate")
        datetime.date.fromisoformat(match[1])
        require(not result or result[-1][0] < match[1], f"{where}: {item!r} is out of order")
        result.append((match[1], None if match[2] == "-" else match[2]))
    return result


def read(path):
    """{(country, region, class): Class}"""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    with open(path, encoding="ascii") as file:
        parser.read_file(file)
    result = {}
    for where in parser.sections():
        match = re.fullmatch(r"([A-Z]{2})(?:/(\w+))? (\w+)", where)
        require(match and match[3] in LEVELS + GOODS, f"[{where}] is no country and class")
        section = {key: " ".join(value.split()) for key, value in parser[where].items()}
        require(section.keys() <= set(Class._fields), f"[{where}]: {set(section)}")
        given = periods(section.get("given", ""), where)
        rates = periods(section.get("rates", ""), where) or given
        region = (match[2] or "").replace("_", " ")
        require(rates and bool(region) != bool(section.get("goods")),
                f"[{where}] needs rates, and the goods unless it is of a region")
        moved_to = section.get("moved_to", "").split(", ") if "moved_to" in section else []
        require(bool(moved_to) <= (rates[-1][1] is None), f"[{where}] has not ended")
        result[match[1], region, match[3]] = Class(
            given, rates, section.get("goods"), moved_to, section.get("source"),
            section.get("confidence"))
    return result


def given_periods(rows):
    """The periods that rows of the data have, as the file writes them."""
    result = []
    for row in rows:
        if result and result[-1][1] is None and result[-1][0] == row.valid_from:
            result.pop()
        result.append((row.valid_from, row.rate))
        if row.valid_to:
            result.append((row.valid_to, None))
    return result


def rates_of(key, entry, rows):
    """The rates of one class; those that the data has keep their source."""
    known = {(row.valid_from, row.rate): row for row in rows}
    ends = [day for day, _ in entry.rates[1:]] + [None]
    for (day, rate), end in zip(entry.rates, ends):
        if rate is None:
            continue
        row = known.get((day, rate))
        require(row or entry.source and entry.confidence in ("A", "B", "C"),
                f"{key}: {rate} from {day} has no source or confidence")
        about = row[6:] if row else (entry.source, entry.confidence, None)
        yield Rate(*key, rate, day, end, *about)


def apply(source_rates, entries):
    """The rates by classes of one meaning, and (country, class, goods, moved_to, source)."""
    by_class = collections.defaultdict(list)
    for row in sorted(map(Rate._make, source_rates), key=lambda r: (r[:3], r.valid_from)):
        by_class[row[:3]].append(row)
    result = []
    for key, rows in by_class.items():
        if key[2] == REST:
            result += rows
            continue
        require(key in entries, f"the goods of {key} are not told")
        require(entries[key].given == given_periods(rows),
                f"the data has other rates of {key}: {given_periods(rows)}; "
                "are they of the same goods?")
    for key, entry in entries.items():
        require(bool(entry.given) == (key in by_class), f"{key} is given by nobody")
        result += rates_of(key, entry, by_class.get(key, []))

    classes = [(country, REST, REST_GOODS, None) for country in
               sorted({row.country for row in result if row.vat_class == REST})]
    for (country, region, name), entry in entries.items():
        if region:
            require((country, "", name) in entries, f"{country} has no {name}, {region} has")
            continue
        for other in entry.moved_to:
            require(any(row[:3] == (country, "", other) and row.valid_from <= entry.rates[-1][0]
                        and (row.valid_to is None or row.valid_to > entry.rates[-1][0])
                        for row in result), f"{country} {name}: no rate of {other} after it")
        classes.append((country, name, entry.goods,
                        "{" + ",".join(entry.moved_to) + "}" if entry.moved_to else None))
    return [tuple(row) for row in result], sorted(classes)


def document(entries):
    """docs/vat_classes.md"""
    lines = [DOCUMENT_HEAD]
    country = None
    for (code, region, name), entry in sorted(entries.items(), key=lambda e: e[0]):
        if code != country:
            lines.append(f"## {code}\n")
            country = code
        title = f"`{name}`" + (f" in {region}" if region else "")
        history = "; ".join(f"{rate}% from {day}" if rate else f"ended {day}"
                            for day, rate in entry.rates)
        text = f"- {title}: {entry.goods or 'as in the country'}. {history}."
        if entry.moved_to:
            text += " Went to " + ", ".join(f"`{other}`" for other in entry.moved_to) + "."
        if entry.source:
            text += f" {entry.source} ({entry.confidence})."
        lines += textwrap.wrap(text, 90, subsequent_indent="  ", break_on_hyphens=False,
                               break_long_words=False)
        if entry.given and entry.given != entry.rates:
            before = "; ".join(f"{rate} from {day}" if rate else f"ended {day}"
                               for day, rate in entry.given)
            lines += textwrap.wrap(f"Instead of: {before}.", 90, initial_indent="  ",
                                   subsequent_indent="  ", break_on_hyphens=False)
    text = "\n".join(lines) + "\n"
    return re.sub(r"(?<!\n)\n## ", "\n\n## ", text)


DOCUMENT_HEAD = """\
# Classes of VAT rates, country by country

GENERATED by scripts/make_reference.py from scripts/vat_classes.ini: do not edit.

What each class is for, and the rates of these goods. [vat.md](vat.md) tells what a class
is and how it was checked. `standard` is what no other class is for. Sources stand where
the goods were traced by hand, with how sure that is (A to C, as in `vat_rates`); "memory"
means that no source was at hand. The other rates have their sources in `vat_rates`.
"""

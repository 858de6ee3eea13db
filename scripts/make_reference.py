#!/usr/bin/env python3
"""Generate the built-in reference data.

Reads currencies.csv, vat_rates.csv and iban_registry.csv, the ISO lists of Debian's
package iso-codes, and vat_classes.ini beside it; writes data.sql of the topics amount,
country and vat, docs/vat_classes.md and, in src/core, currency_data.h and iban_data.h.
The same inputs give the same bytes.
Everything written is ASCII, so that the extension installs in a database of any
encoding.

Inputs are checked: codes, numbers, dates and overlapping periods stop the
script when wrong; differences of the currency lists and days between two rates
are printed.
"""

import argparse
import collections
import csv
import datetime
import json
import pathlib
import re
import sys
import textwrap
import unicodedata

import vat_classes

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Characters that a line of SQL may have
WIDTH = 100

# First day in the EU.  Accession dates, treaties of accession.
EU_FROM = {
    "1958-01-01": "BE DE FR IT LU NL",
    "1973-01-01": "DK GB IE",
    "1981-01-01": "GR",
    "1986-01-01": "ES PT",
    "1995-01-01": "AT FI SE",
    "2004-05-01": "CY CZ EE HU LT LV MT PL SI SK",
    "2007-01-01": "BG RO",
    "2013-07-01": "HR",
    "2021-01-01": "XI",     # Windsor Framework, for goods
}

# First day outside the VAT territory of the EU: after the transition period.
EU_TO = {"GB": "2021-01-01"}

# Names that iso-codes only has in the order of an index.
COUNTRY_NAMES = {
    "CD": "Democratic Republic of the Congo",
    "FM": "Federated States of Micronesia",
    "PS": "State of Palestine",
    "VG": "British Virgin Islands",
    "VI": "U.S. Virgin Islands",
}

# Letters that Unicode does not decompose.
ASCII_LETTERS = str.maketrans({
    "\u0110": "D", "\u0111": "d", "\u0141": "L", "\u0142": "l",
    "\u00d8": "O", "\u00f8": "o", "\u00df": "ss",
    "\u02bb": "'", "\u2019": "'",
})

Place = collections.namedtuple("Place", "name code postal_code shared other_names",
                               defaults=(None, None, None, ""))
Region = collections.namedtuple("Region", "country name rule law places")

DIRECTIVE = "Directive 2006/112/EC "

# What vat_rates.csv calls a region, how it says that an address is there, and
# what becomes of it.  Sources disagree on two postal codes in Italy: one of
# each pair is an old one, which neighbours have as well.  Among the other names
# are the codes of ISO 3166-2 that forms send as the state.
REGIONS = {
    ("AT", "Jungholz+Mittelberg"): ("postcode ^(6691|699[123])$", [
        Region("AT", "Jungholz and Mittelberg", "place", DIRECTIVE + "Art. 104",
               [Place("Jungholz", None, "^6691$", None, "Jungholz in Tirol"),
                Place("Mittelberg", None, "^699[123]$", None,
                     "Kleinwalsertal, Riezlern, Hirschegg")])]),
    ("CY", "Akrotiri and Dhekelia"): ("BFPO 57-59", [
        Region("CY", "Akrotiri and Dhekelia", "country", DIRECTIVE + "Art. 7",
               [Place("Akrotiri"), Place("Dhekelia", None, None, None, "Dekelia")])]),
    ("DE", "Buesingen am Hochrhein"): ("postcode ^78266$", [
        Region("DE", "Buesingen", "outside", DIRECTIVE + "Art. 6(2)(b)",
               [Place("Buesingen am Hochrhein", None, "^78266$", None,
                     "Buesingen, Busingen, Busingen am Hochrhein, Buesingen/Hochrhein, "
                     "Busingen/Hochrhein")])]),
    ("DE", "Heligoland"): ("postcode ^27498$", [
        Region("DE", "Heligoland", "outside", DIRECTIVE + "Art. 6(2)(a)",
               [Place("Heligoland", None, "^27498$", None, "Helgoland")])]),
    ("DK", "Faroe Islands, Greenland"): ("ISO FO, GL", [
        Region("DK", "Faroe Islands", "outside", DIRECTIVE + "Art. 5",
               [Place("Faroe Islands", "FO", r"^(FO)?\d{3}$", None,
                      "Faroes, Foroyar, Faeroerne, Faeroes, Faeroe Islands, Torshavn")]),
        Region("DK", "Greenland", "outside", DIRECTIVE + "Art. 5",
               [Place("Greenland", "GL", r"^(GL)?39\d{2}$|^2412$", None,
                      "Gronland, Groenland, Kalaallit Nunaat, Nuuk")])]),
    ("ES", "Canary Islands"): (r"postcode ^(35|38)\d{3}$", [
        Region("ES", "Canary Islands", "outside", DIRECTIVE + "Art. 6(1)(b)",
               [Place("Canary Islands", None, r"^(35|38)\d{3}$", None,
                     "Canarias, Islas Canarias, Kanarische Inseln, Las Palmas, "
                     "Las Palmas de Gran Canaria, Gran Canaria, Santa Cruz de Tenerife, Tenerife, "
                     "Tenerifa, Lanzarote, Fuerteventura, La Gomera, El Hierro, "
                     "CN, GC, TF, ES-CN, ES-GC, ES-TF")])]),
    ("ES", "Ceuta"): (r"postcode ^51\d{3}$", [
        Region("ES", "Ceuta", "outside", DIRECTIVE + "Art. 6(2)(c)",
               [Place("Ceuta", None, r"^51\d{3}$", None, "CE, ES-CE")])]),
    ("ES", "Melilla"): (r"postcode ^52\d{3}$", [
        Region("ES", "Melilla", "outside", DIRECTIVE + "Art. 6(2)(d)",
               [Place("Melilla", None, r"^52\d{3}$", None, "ML, ES-ML")])]),
    ("FI", "Aland Islands"): (r"postcode ^22\d{3}$ or ISO AX", [
        Region("FI", "Aland Islands", "outside", DIRECTIVE + "Art. 6(1)(d)",
               [Place("Aland Islands", "AX", r"^(AX)?22\d{3}$", None,
                      "Aland, Ahvenanmaa, Mariehamn, AX, FI-01")])]),
    ("FR", "Corsica"): (r"postcode ^20\d{3}$", [
        Region("FR", "Corsica", "place", "CGI Art. 297",
               [Place("Corsica", None, r"^20\d{3}$", None,
                     "Corse, Korsika, Corse-du-Sud, Haute-Corse, 20R, 2A, 2B, FR-20R, FR-2A, "
                     "FR-2B")])]),
    ("FR", "Guadeloupe/Martinique/Reunion"): (r"postcode ^97[124]\d{2}$", [
        Region("FR", "Antilles and Reunion", "overseas", DIRECTIVE + "Art. 6(1)(c)",
               [Place("Guadeloupe", "GP", r"^971(?!33|50)\d{2}$", None, "GP, FR-971, FR-GP"),
                Place("Martinique", "MQ", r"^972\d{2}$", None, "MQ, FR-972, FR-MQ"),
                Place("Reunion", "RE", r"^974\d{2}$", None,
                      "La Reunion, Ile de la Reunion, RE, FR-974, FR-RE")])]),
    ("FR", "Guyane"): (r"postcode ^973\d{2}$", [
        Region("FR", "Guyane", "outside", DIRECTIVE + "Art. 6(1)(c)",
               [Place("Guyane", "GF", r"^973\d{2}$", None,
                      "French Guiana, Guyane francaise, GF, FR-973, FR-GF")])]),
    ("FR", "Mayotte"): (r"postcode ^976\d{2}$", [
        Region("FR", "Mayotte", "outside", DIRECTIVE + "Art. 6(1)(c)",
               [Place("Mayotte", "YT", r"^976\d{2}$", None, "YT, FR-976, FR-YT")])]),
    ("FR", "Monaco"): ("ISO MC", [
        Region("FR", "Monaco", "country", DIRECTIVE + "Art. 7",
               [Place("Monaco", "MC", r"^980\d{2}$", None,
                      "Monte Carlo, Principaute de Monaco, Principality of Monaco")])]),
    ("GB", "Channel Islands, Gibraltar"): ("ISO GG, JE, GI", [
        Region("GB", "Channel Islands", "outside", DIRECTIVE + "Art. 6(1)(e)",
               [Place("Guernsey", "GG", r"^GY\d"), Place("Jersey", "JE", r"^JE\d")]),
        Region("GB", "Gibraltar", "outside", DIRECTIVE + "Art. 5",
               [Place("Gibraltar", "GI", "^GX11")])]),
    ("GB", "Isle of Man"): ("ISO IM", [
        Region("GB", "Isle of Man", "country", DIRECTIVE + "Art. 7",
               [Place("Isle of Man", "IM", r"^IM\d", None, "Ellan Vannin")])]),
    ("GR", "Mount Athos"): ("postcode ^6308[67]$", [
        Region("GR", "Mount Athos", "outside", DIRECTIVE + "Art. 6(1)(a)",
               [Place("Mount Athos", None, "^6308[67]$", None,
                     "Agion Oros, Agio Oros, Athos, Agiou Orous, Karyes Agiou Orous, "
                     "Dafni Agiou Orous")])]),
    ("IT", "Campione d'Italia"): ("postcode ^(22060|22061)$", [
        Region("IT", "Campione d'Italia", "outside", DIRECTIVE + "Art. 6(1)(f)",
               [Place("Campione d'Italia", None, "^22061$", "^22060$", "Campione")])]),
    ("IT", "Livigno"): ("postcode ^(23030|23041)$", [
        Region("IT", "Livigno", "outside", DIRECTIVE + "Art. 6(2)(e)",
               [Place("Livigno", None, "^23041$", "^23030$")])]),
    ("NL", "Caribbean Netherlands, Aruba, Curacao, Sint Maarten"): ("ISO BQ, AW, CW, SX", [
        Region("NL", "Caribbean", "outside", DIRECTIVE + "Art. 5",
               [Place("Caribbean Netherlands", "BQ", None, None,
                      "Caribisch Nederland, Bonaire, Saba, Sint Eustatius, NL-BQ1, NL-BQ2, NL-BQ3"),
                Place("Aruba", "AW", None, None, "AW, NL-AW"),
                Place("Curacao", "CW", None, None, "CW, NL-CW"),
                Place("Sint Maarten", "SX", None, None, "SX, NL-SX")])]),
    ("PT", "Azores"): (r"postcode ^9[5-9]\d{2}", [
        Region("PT", "Azores", "place", DIRECTIVE + "Art. 105(2)",
               [Place("Azores", None, r"^9[5-9]\d{2}", None,
                     "Acores, Ilhas dos Acores, Azoren, Ponta Delgada, Angra do Heroismo, PT-20")])]),
    ("PT", "Madeira"): (r"postcode ^9[0-4]\d{2}", [
        Region("PT", "Madeira", "place", DIRECTIVE + "Art. 105(2)",
               [Place("Madeira", None, r"^9[0-4]\d{2}", None,
                     "Ilha da Madeira, Funchal, Porto Santo, PT-30")])]),
    ("XI", "Northern Ireland"): ("GB postcode ^BT", [
        Region("GB", "Northern Ireland", "country", "Windsor Framework Art. 8",
               [Place("Northern Ireland", "XI", r"^BT\d", None, "North of Ireland, NIR, GB-NIR")])]),
}

# The Greek islands are one region whose places changed; the csv names it after
# them.  What it was before PLACES_FROM, the notes of its rates say.
ISLANDS = ("GR", "islands")
ISLANDS_LAW = "VAT Code (L.5144/2024) Art. 26; AADE E.2113/2025"
PLACES_FROM = "2018-01-01"
ISLANDS_POSTAL = {     # postal codes of the Hellenic Post, and what else addresses say
    "Agathonisi": ("85001", "Agathonisiou"),
    "Agios Efstratios": ("81500", "Ag. Efstratios, Ai Stratis, Agiou Efstratiou"),
    "Astypalaia": ("85900", "Astypalea, Astipalea, Astypalaias"),
    "Chalki": ("85110", "Halki, Khalki"),
    "Chios": ("82(?!101|104)...", "Hios, Khios, Chiou"),
    "Fournoi": ("83400", "Fournoi Korseon, Fournoi Ikarias, Fournon"),
    "Ikaria": ("833..", "Icaria, Ikarias"),
    "Kalymnos": ("852..", "Kalimnos, Kalymnou"),
    "Karpathos": ("857..", "Carpathos, Karpathou"),
    "Kasos": ("858..", "Kassos, Kasou"),
    "Kos": ("853(?!03)..", ""),
    "Leipsoi": ("85001", "Lipsi, Leipsi, Lipsoi, Leipson"),
    "Leros": ("854..", "Lerou"),
    "Lesbos": ("81[123]..", "Lesvos, Lesvou, Mytilini, Mytilene, Mitilini"),
    "Limnos": ("814..", "Lemnos, Limnou"),
    "Megisti": ("85111", "Kastellorizo, Kastelorizo, Castellorizo, Megistis"),
    "Nisyros": ("85303", "Nissiros, Nisiros, Nisyrou"),
    "Oinousses": ("82101", "Oinoussai, Inousses, Oinousson"),
    "Patmos": ("855..", "Patmou"),
    "Psara": ("82104", "Psaron"),
    "Samos": ("83[12]..", "Samou"),
    "Samothraki": ("68002", "Samothrace, Samothrakis"),
    "Symi": ("856..", "Simi, Symis"),
    "Tilos": ("85002", "Telos, Tilou"),
}
ISLANDS_2018 = "Leros, Lesbos, Kos, Samos, Chios"
ISLANDS_2026 = re.compile(r"(Lesbos, Kos, Samos, Chios) \(Art\.26 par\.4\) \+ islands .*: (.*)")
ISLANDS_AGAIN = "same islands as 17/9/4"
ISLANDS_BEFORE = re.compile(r"Aegean islands \((.*)\)|islands: (.*)")

# The csv has only the standard rate of these; the others are the country's.
AS_COUNTRY = {("AT", "Jungholz and Mittelberg"): (
    ("reduced", "reduced2"), "kalkuel.at 2026", "B", "as the country: UStG 1994 sec. 10(4)")}

VAT_SOURCE = ("kdeldycke/vat-rates (BSD-2-Clause), ibericode/vat-rates (MIT), "
              "commerceguys/tax (MIT), vatnode (MIT), EU TEDB; "
              "the column source names those of each row")
REGION_SOURCE = ("as vat_rates; Directive 2006/112/EC Art. 5 to 7; AADE E.2113/2025; "
                 "postal codes of Greece: MentatInnovations/grpostcodes (Apache-2.0)")
CURRENCY_SOURCE = ("gobl (Apache-2.0), minor units corrected to ISO 4217; "
                   "numeric codes checked against iso-codes {version}")
COUNTRY_SOURCE = ("iso-codes {version} (Debian, LGPL-2.1-or-later, facts only): "
                  "ISO 3166-1; EU dates from the treaties of accession")

# Shortest IBAN and longest, ISO 13616
IBAN_LENGTHS = range(15, 35)

# In the IBAN registry of SWIFT, but not in the csv
IBAN_ADDED = {"HN": "4!a20!n", "YE": "4!a4!n18!c"}
IBAN_ADDED_SOURCE = "IBAN registry of SWIFT ({})"


def fail(message):
    """Stop: the input is not what the extension can rely on."""
    sys.exit(f"make_reference.py: {message}")


def warn(message):
    """Tell the person who regenerates what to look at."""
    print(f"make_reference.py: {message}", file=sys.stderr)


def require(condition, message):
    if not condition:
        fail(message)


def to_ascii(text):
    """Plain English letters for accented ones; stop at anything else."""
    decomposed = unicodedata.normalize("NFKD", text.translate(ASCII_LETTERS))
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    require(plain.isascii() and plain.isprintable(), f"not ASCII: {text!r}")
    # these would end a dollar quote, or be replaced in an extension script
    require("$$" not in plain and "@" not in plain, f"unsafe text: {text!r}")
    return plain


def read_csv(path):
    with open(path, encoding="utf-8", newline="") as file:
        return [{key: to_ascii(value.strip()) for key, value in row.items()}
                for row in csv.DictReader(file)]


def read_iso(path, key):
    with open(path, encoding="utf-8") as file:
        return json.load(file)[key]


def check_unique(rows, key, what):
    for value, count in collections.Counter(map(key, rows)).items():
        require(count == 1, f"{what}: {value} occurs {count} times")


# --- inputs --------------------------------------------------------------


def load_currencies(data_dir, iso_path):
    """(code, numeric_code, minor_units, name), sorted by code."""
    iso = {c["alpha_3"]: c for c in read_iso(iso_path, "4217")}
    rows = []
    for row in read_csv(data_dir / "currencies.csv"):
        code, number = row["code"], row["numeric_code"]
        require(re.fullmatch("[A-Z]{3}", code), f"currency code {code!r}")
        require(re.fullmatch("[0-9]{3}", number), f"{code}: number {number!r}")
        require(row["minor_units"] in "01234" and len(row["minor_units"]) == 1,
                f"{code}: minor units {row['minor_units']!r}")
        require(row["name"], f"{code}: no name")
        if code in iso:
            require(iso[code]["numeric"] == number,
                    f"{code}: number {number}, iso-codes has {iso[code]['numeric']}")
        name = re.sub(r"\bC[fp][ap]\b", lambda m: m.group().upper(), row["name"])
        rows.append((code, number, int(row["minor_units"]), name))
    check_unique(rows, lambda r: r[0], "currencies")

    # Of those that the list lacks, only these have other than two decimals;
    # X... are no currencies (units of account, testing, none).
    codes = {r[0] for r in rows}
    rows += [(code, c["numeric"], {"UYI": 0, "UYW": 4}.get(code, 2), to_ascii(c["name"]))
             for code, c in iso.items() if code not in codes and code[0] != "X"]

    warn("currencies not in iso-codes (withdrawn): " + " ".join(sorted(codes - set(iso))))
    warn("currencies only in iso-codes: " + " ".join(sorted(set(iso) - codes)))
    return sorted(rows)


def load_countries(iso_path, prefixes):
    """(code, alpha3, numeric_code, name, vat_prefix, eu_from, eu_to)."""
    eu_from = {code: day for day, codes in EU_FROM.items() for code in codes.split()}
    rows = []
    for c in read_iso(iso_path, "3166-1"):
        code = c["alpha_2"]
        name = COUNTRY_NAMES.get(code) or c.get("common_name") or c["name"]
        rows.append((code, c["alpha_3"], c["numeric"], to_ascii(name),
                     prefixes.get(code), eu_from.get(code), EU_TO.get(code)))
    rows.append(("XI", None, None, "Northern Ireland",
                 prefixes.get("XI"), eu_from["XI"], None))

    check_unique(rows, lambda r: r[0], "countries")
    codes = {r[0] for r in rows}
    require(codes >= set(prefixes), f"no country for {set(prefixes) - codes}")
    require(codes >= set(eu_from), f"no country for {set(eu_from) - codes}")
    return sorted(rows)


def load_vat(data_dir, entries):
    """The rows of vat_rates, vat_classes, vat_regions and vat_places, and the prefixes."""
    source = read_csv(data_dir / "vat_rates.csv")
    prefixes = {}
    regions = {ISLANDS: (*ISLANDS, "islands", PLACES_FROM, ISLANDS_LAW, None, None, None)}
    places = {}
    rates = []
    for r in source:
        where = f"vat_rates {r['country']} {r['category']} {r['valid_from']}"
        require(prefixes.setdefault(r["country"], r["vat_prefix"]) == r["vat_prefix"],
                f"{where}: two VAT prefixes")
        require(re.fullmatch(r"[0-9]{1,2}(\.[0-9]+)?", r["rate"]), f"{where}: rate")
        require(r["confidence"] in ("A", "B", "C"), f"{where}: confidence")
        for day in (r["valid_from"], r["valid_to"] or r["valid_from"]):
            require(re.fullmatch(r"\d{4}-\d\d-\d\d", day), f"{where}: date {day!r}")
            datetime.date.fromisoformat(day)
        r["note"] = r["note"].replace(" (see report)", "")

        region = r["region"]
        if region and (r["country"], region) not in REGIONS:
            region, islands = read_islands(r, where)
            for name in islands:
                first = min(r["valid_from"], places[name][6] if name in places else r["valid_from"])
                require(name in ISLANDS_POSTAL, f"{where}: {name} has no postal code")
                code, others = ISLANDS_POSTAL[name]
                places[name] = (r["country"], name, region, None, f"^{code}$", None, first,
                                array(others))
        elif region:
            match, parts = REGIONS[r["country"], region]
            require(match == r["region_match"], f"{where}: recognised otherwise")
            own_rates = parts[0].rule in ("place", "overseas")
            about = (None,) * 3 if own_rates else (
                r["source"] or None, r["confidence"], r["note"] or None)
            for part in parts:
                regions[part[:2]] = (*part[:3], None, part.law, *about)
                for place in part.places:
                    places[place.name] = (part.country, place.name, part.name,
                                          *place[1:4], "-infinity", array(place.other_names))
            # XI is its own country; others without rates have the country's
            region = "" if r["country"] == "XI" else parts[0].name
            if not own_rates and r["country"] != "XI":
                continue

        require(r["category"] in vat_classes.LEVELS, f"{where}: class")
        rates.append((r["country"], region, r["category"], r["rate"],
                      r["valid_from"], day_after(r["valid_to"]),
                      r["source"] or None, r["confidence"], r["note"] or None))

    for (country, region), (classes, *about) in AS_COUNTRY.items():
        rates += [(country, region, *row[2:6], *about) for row in rates
                  if row[:2] == (country, "") and row[2] in classes]
    try:
        rates, classes = vat_classes.apply(rates, entries)
    except ValueError as error:
        fail(error)
    check_unique(rates, lambda r: (r[0], r[1], r[2], r[4]), "vat_rates")
    rates.sort(key=lambda r: (r[0], r[1], r[2], r[4]))
    check_periods(rates)
    return (rates, classes, sorted(regions.values(), key=lambda r: r[:2]),
            sorted(places.values(), key=lambda p: p[:2]), prefixes)


def read_islands(row, where):
    """The region of a row about Greek islands, and the places that it names."""
    require(row["country"] == ISLANDS[0], f"{where}: unknown region")
    now = ISLANDS_2026.fullmatch(row["region"])
    before = ISLANDS_BEFORE.fullmatch(row["region"])
    if row["region"] == ISLANDS_2018:
        require(row["valid_from"] == PLACES_FROM, f"{where}: begins otherwise")
        return ISLANDS[1], row["region"].split(", ")
    if now:
        return ISLANDS[1], ", ".join(now.groups()).split(", ")
    if before:
        require(row["valid_to"] < PLACES_FROM, f"{where}: too late")
        row["note"] = "; ".join((before[1] or before[2], row["note"]))
        return ISLANDS[1], []
    require(row["region"] == ISLANDS_AGAIN, f"{where}: unknown islands")
    return ISLANDS[1], []


def array(names):
    """The names of a list as an array of SQL."""
    return "{" + ",".join(f'"{name}"' for name in names.split(", ") if name) + "}"


def day_after(day):
    """The first day without what lasts until a day, as law says it; None for ever."""
    if not day:
        return None
    return (datetime.date.fromisoformat(day) + datetime.timedelta(days=1)).isoformat()


def check_periods(rows):
    """At most one rate on any day; warn of days between two rates."""
    for before, after in zip(rows, rows[1:]):
        where = "vat_rates " + ", ".join(after[:3])
        require(before[5] is None or before[5] > before[4],
                f"{where}: ends before {before[4]}")
        if before[:3] != after[:3]:
            continue
        require(before[5] is not None and before[5] <= after[4],
                f"{where}: overlap at {after[4]}")
        if before[5] != after[4]:
            warn(f"{where}: no rate from {before[5]} until {after[4]}")


def load_ibans(data_dir):
    """(country, structure) sorted by country, and the sources.

    The structure of what follows the check digits: counts of characters, each
    with n for digits, a for letters or c for both.
    """
    source = read_csv(data_dir / "iban_registry.csv")
    specs = [(row["country"], row["bban_spec"]) for row in source]
    check_unique(specs + list(IBAN_ADDED.items()), lambda s: s[0], "IBAN countries")
    lengths = {row["country"]: int(row["iban_length"]) for row in source}
    rows = []
    for country, spec in specs + list(IBAN_ADDED.items()):
        require(re.fullmatch("[A-Z]{2}", country), f"IBAN country {country!r}")
        require(re.fullmatch("([0-9]{1,2}![nac])+", spec), f"IBAN {country}: {spec!r}")
        parts = []      # the same kind of characters twice in a row is one part
        for count, kind in re.findall("([0-9]+)!(.)", spec):
            if parts and parts[-1][1] == kind:
                count = parts.pop()[0] + int(count)
            parts.append((int(count), kind))
        length = 4 + sum(count for count, _ in parts)
        require(length == lengths.get(country, length) and length in IBAN_LENGTHS,
                f"IBAN {country}: length {lengths.get(country)}, structure {spec}")
        rows.append((country, "".join(f"{count}{kind}" for count, kind in parts)))
    names = sorted({row["source"] for row in source})
    names.append(IBAN_ADDED_SOURCE.format(", ".join(sorted(IBAN_ADDED))))
    return sorted(rows), names


# --- outputs -------------------------------------------------------------


def literal(value):
    """An SQL literal that means the same whatever standard_conforming_strings is."""
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    quoted = value.replace("'", "''")
    if "\\" in quoted:
        return "E'" + quoted.replace("\\", "\\\\") + "'"
    return f"'{quoted}'"


def pieces(text):
    """A literal, or those that SQL takes for one when each is on a line of its own."""
    if len(text) <= WIDTH - 10 or text.startswith("E"):
        return [text]
    parts = textwrap.wrap(text[1:-1], WIDTH - 12, drop_whitespace=False, break_on_hyphens=False)
    return [f"'{part}'" for part in parts]


def fold(start, items, end, indent):
    """Items between commas, on lines of at most WIDTH characters with a comma after the last."""
    lines = [start]
    for i, item in enumerate(items):
        follows = ", " if i < len(items) - 1 else end
        first, *rest = pieces(item)
        if len(lines[-1].expandtabs(4)) + len(first + (follows if not rest else "")) >= WIDTH:
            lines[-1] = lines[-1].rstrip(" ")
            lines.append(indent)
        lines[-1] += first
        for piece in rest:
            lines.append(indent + piece)
        lines[-1] += follows
    return "\n".join(line.rstrip() for line in lines)


def insert(table, columns, rows):
    """One INSERT that fills an empty table.  columns: (name, type) pairs."""
    names = ", ".join(name for name, _ in columns)
    picked = ", ".join(f"v.{name}" + ("" if kind == "text" else f"::{kind}")
                       for name, kind in columns)
    values = ",\n".join(fold("\t(", [literal(value) for value in row], ")", "\t\t")
                        for row in rows)
    return (fold(f"INSERT INTO ecommerce.{table} (", names.split(", "), ")", "\t") + "\n" +
            fold("SELECT ", picked.split(", "), "", "\t") + "\n"
            f"FROM (VALUES\n{values}\n"
            f") AS v ({names})\n"
            f"WHERE NOT EXISTS (SELECT FROM ecommerce.{table});\n")


def columns(spec):
    """'code rate:numeric' -> [('code', 'text'), ('rate', 'numeric')]"""
    return [(name, kind or "text")
            for name, _, kind in (word.partition(":") for word in spec.split())]


def sql_file(reference, *statements):
    sources = "".join(
        textwrap.fill(f"{name}, as of {day}: {text}", WIDTH, initial_indent="--   ",
                      subsequent_indent="--     ", break_on_hyphens=False) + "\n"
        for name, day, text in reference)
    return (
        "-- Built-in reference data.  GENERATED by scripts/make_reference.py: do not edit.\n"
        "--\n"
        "-- Sources, of which only facts were taken:\n"
        f"{sources}"
        "--\n"
        "-- Executed by ecommerce.install().  Each statement fills an empty table, and\n"
        "-- leaves a table that has rows as it is.\n"
        + "".join(f"\n{statement}" for statement in statements))


def amount_data(currencies, reference):
    return sql_file(
        reference,
        insert("currencies", columns("code numeric_code minor_units:smallint name"),
               currencies))


def country_data(countries, vat_regions, vat_places, reference):
    return sql_file(
        reference,
        insert("countries",
               columns("code alpha3 numeric_code name vat_prefix eu_from:date eu_to:date"),
               countries),
        insert("vat_regions",
               columns("country region rule places_from:date legal_reason source "
                       "confidence note"),
               vat_regions),
        "-- Every country at large, those of the shop's own included\n"
        "INSERT INTO ecommerce.vat_regions (country)\n"
        "SELECT code FROM ecommerce.countries ON CONFLICT DO NOTHING;\n",
        insert("vat_places",
               columns("country place region code postal_code postal_code_shared "
                       "valid_from:date other_names:text[]"),
               vat_places))


def vat_data(vat_rates, classes, reference):
    return sql_file(
        reference,
        insert("vat_classes", columns("country vat_class goods moved_to:text[]"), classes),
        insert("vat_rates",
               columns("country region vat_class rate:numeric valid_from:date valid_to:date "
                       "source confidence note"),
               vat_rates),
        insert("reference_data", columns("name as_of:date source"), reference))


def c_file(name, what, facts, includes, row_type, fields, array, rows):
    """A header with one sorted array of rows of the C type that has the fields."""
    guard = "EC_CORE_" + name.replace(".", "_").upper()
    comment = "".join(f" * {line}".rstrip() + "\n" for line in facts)
    entries = ",\n".join(f"\t{{{row}}}" for row in rows)
    return (
        "/*\n"
        f" * {name}\n"
        f" *\t  {what}\n"
        " *\n"
        " * GENERATED by scripts/make_reference.py: do not edit.\n"
        f"{comment}"
        " */\n"
        f"#ifndef {guard}\n"
        f"#define {guard}\n"
        "\n"
        + "".join(f"#include <{include}>\n\n" for include in includes) +
        f"typedef struct {row_type}\n"
        "{\n"
        + "".join(f"\t{kind}\t\t{field};\n" for kind, field in fields) +
        f"}} {row_type};\n"
        "\n"
        f"static const {row_type} {array}[] = {{\n"
        f"{entries}\n"
        "};\n"
        "\n"
        f"#endif\t\t\t\t\t\t\t/* {guard} */\n")


def currency_file(currencies, day, source):
    first, second = source.split("; ", 1)
    return c_file(
        "currency_data.h",
        "Minor units of the currencies of ISO 4217, sorted by code.",
        [f"As of {day}: {first};", f"{second}."],
        ["stdint.h"], "EcCurrency",
        [("char", "code[4]"), ("uint8_t", "minor_units")], "currencies",
        [f'"{code}", {minor}' for code, _, minor, _ in currencies])


def iban_file(ibans, sources):
    return c_file(
        "iban_data.h",
        "Structure of the IBANs of each country, sorted by country.",
        ["Sources, of which only facts were taken:",
         *(f"  {source}" for source in sources),
         "",
         "What follows the check digits: counts of characters, each with n for",
         "digits, a for letters or c for both."],
        [], "EcIbanCountry",
        [("char", "country[3]"),
         ("char", f"structure[{max(len(spec) for _, spec in ibans) + 1}]")],
        "iban_countries", [f'"{country}", "{spec}"' for country, spec in ibans])


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / "../shared/data",
                        help="directory with currencies.csv, vat_rates.csv "
                             "and iban_registry.csv")
    parser.add_argument("--iso-3166", type=pathlib.Path,
                        default=pathlib.Path("/usr/share/iso-codes/json/iso_3166-1.json"))
    parser.add_argument("--iso-4217", type=pathlib.Path,
                        default=pathlib.Path("/usr/share/iso-codes/json/iso_4217.json"))
    parser.add_argument("--iso-version", default="4.15.0",
                        help="version of the package iso-codes")
    parser.add_argument("--iso-date", default="2023-04-27",
                        help="day of that version, YYYY-MM-DD")
    parser.add_argument("--vat-date", default="2026-08-22",
                        help="day whose rates vat_rates.csv has, YYYY-MM-DD")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT,
                        help="root of the tree to write into")
    return parser.parse_args()


def main():
    args = arguments()
    currencies = load_currencies(args.data, args.iso_4217)
    try:
        entries = vat_classes.read(pathlib.Path(__file__).with_name("vat_classes.ini"))
    except ValueError as error:
        fail(error)
    vat_rates, classes, vat_regions, vat_places, prefixes = load_vat(args.data, entries)
    countries = load_countries(args.iso_3166, prefixes)
    ibans, iban_sources = load_ibans(args.data)

    currency_source = CURRENCY_SOURCE.format(version=args.iso_version)
    reference = [
        ("countries", args.iso_date, COUNTRY_SOURCE.format(version=args.iso_version)),
        ("currencies", args.iso_date, currency_source),
        ("vat_rates", args.vat_date, VAT_SOURCE),
        ("vat_regions", args.vat_date, REGION_SOURCE),
    ]
    outputs = {
        "sql/amount/data.sql": amount_data(currencies, reference),
        "sql/country/data.sql": country_data(countries, vat_regions, vat_places, reference),
        "sql/vat/data.sql": vat_data(vat_rates, classes, reference),
        "docs/vat_classes.md": vat_classes.document(entries),
        "src/core/currency_data.h":
            currency_file(currencies, args.iso_date, currency_source),
        "src/core/iban_data.h": iban_file(ibans, iban_sources),
    }
    for name, text in outputs.items():
        (args.output / name).write_text(text, encoding="ascii", newline="\n")


if __name__ == "__main__":
    main()

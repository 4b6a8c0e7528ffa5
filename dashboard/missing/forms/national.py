"""The Herbert Protocol as most forces of England and Wales ask it: the union of their forms.

Left out on purpose: passwords, and numbers of cards and bank accounts, which older forms ask for.
"""

from __future__ import annotations

from dashboard.language import marked
from dashboard.missing.form import Field, Kind, ProfileForm, Section

_MAP = marked("An address, or the name of a place.")

FORM = ProfileForm(
    title="Herbert Protocol",
    source="Forms of West Yorkshire, Humberside and Dyfed-Powys police, 2024 to 2026",
    sections=(
        Section(
            name="person",
            title=marked("Who they are"),
            fields=(
                Field(
                    name="full_name",
                    label=marked("Full name"),
                    hint=marked("First name and surname."),
                    first=True,
                ),
                Field(
                    name="known_as",
                    label=marked("Name they answer to"),
                    hint=marked("Nickname or former name."),
                    first=True,
                ),
                Field(name="born", label=marked("Date of birth"), kind=Kind.DATE, first=True),
                Field(name="gender", label=marked("Gender"), first=True),
                Field(name="ethnicity", label=marked("Ethnicity"), first=True),
                Field(
                    name="language",
                    label=marked("First language and accent"),
                    hint=marked("Also: do they still speak English when upset?"),
                    first=True,
                ),
            ),
        ),
        Section(
            name="looks",
            title=marked("What they look like"),
            fields=(
                Field(
                    name="height",
                    label=marked("Height"),
                    hint=marked("For example 1.62 m, or 5 ft 4."),
                    first=True,
                ),
                Field(
                    name="build",
                    label=marked("Build"),
                    hint=marked("Slim, medium, large."),
                    first=True,
                ),
                Field(
                    name="hair",
                    label=marked("Hair"),
                    hint=marked("Colour, style and length."),
                    first=True,
                ),
                Field(name="facial_hair", label=marked("Facial hair"), first=True),
                Field(name="eyes", label=marked("Eye colour"), first=True),
                Field(name="glasses", label=marked("Glasses or contact lenses"), first=True),
                Field(
                    name="marks",
                    label=marked("Scars, tattoos, piercings or other marks"),
                    kind=Kind.TEXT,
                    first=True,
                ),
                Field(name="jewellery", label=marked("Jewellery and watch they always wear")),
            ),
        ),
        Section(
            name="moving",
            title=marked("How they get about and how to talk to them"),
            fields=(
                Field(
                    name="walking",
                    label=marked("How far can they walk?"),
                    hint=marked("And how fast. With a stick or a frame?"),
                    kind=Kind.TEXT,
                    first=True,
                ),
                Field(
                    name="hearing_sight",
                    label=marked("Hearing, sight and aids"),
                    hint=marked("Hearing aid, white cane."),
                ),
                Field(
                    name="approach",
                    label=marked("How to approach them"),
                    hint=marked("What calms them, what frightens them, and a name they trust."),
                    kind=Kind.TEXT,
                    first=True,
                ),
                Field(
                    name="transport",
                    label=marked("Buses, trains, cars or taxis they use"),
                    kind=Kind.TEXT,
                ),
                Field(
                    name="tracker",
                    label=marked("Tracker or alarm they carry"),
                    hint=marked("Kind, and where it is worn."),
                ),
                Field(
                    name="tracker_phone",
                    label=marked("Phone number of the tracker’s call centre"),
                    hint=marked("The police may ask it for the place of the tracker."),
                ),
            ),
        ),
        Section(
            name="health",
            title=marked("Health and medicine"),
            stale_days=92,
            note=marked(
                "Look through this every three months, also when nothing has changed: then just save it."
            ),
            fields=(
                Field(
                    name="conditions",
                    label=marked("Illnesses and conditions"),
                    kind=Kind.TEXT,
                    first=True,
                ),
                Field(
                    name="medicine",
                    label=marked("Medicine"),
                    hint=marked("Name, how much, when."),
                    kind=Kind.TEXT,
                ),
                Field(
                    name="without_medicine",
                    label=marked("What happens without it, and how soon?"),
                    kind=Kind.TEXT,
                    first=True,
                ),
                Field(name="allergies", label=marked("Allergies")),
                Field(
                    name="doctor",
                    label=marked("Doctor’s practice"),
                    hint=marked("Name and phone number."),
                ),
            ),
        ),
        Section(
            name="home",
            title=marked("Where they live"),
            fields=(
                Field(
                    name="address",
                    label=marked("Address now"),
                    hint=_MAP,
                    kind=Kind.PLACE,
                    first=True,
                ),
                Field(name="lived_here", label=marked("How long have they lived there?")),
                Field(name="landline", label=marked("Landline")),
                Field(
                    name="care_home",
                    label=marked("Care home or care company"),
                    hint=marked("Name, phone number and who is in charge."),
                    kind=Kind.TEXT,
                ),
                Field(
                    name="previous_1", label=marked("Previous address"), hint=_MAP, kind=Kind.PLACE
                ),
                Field(
                    name="previous_2",
                    label=marked("Address before that"),
                    hint=_MAP,
                    kind=Kind.PLACE,
                ),
                Field(
                    name="previous_3",
                    label=marked("Where they grew up"),
                    hint=_MAP,
                    kind=Kind.PLACE,
                ),
            ),
        ),
        Section(
            name="places",
            title=marked("Where they may go"),
            note=marked(
                "Many people who are lost walk to a former home, a former job or a place they loved."
            ),
            fields=(
                Field(
                    name="found_1",
                    label=marked("Where they were found before"),
                    hint=_MAP,
                    kind=Kind.PLACE,
                ),
                Field(name="found_2", label=marked("Another time"), hint=_MAP, kind=Kind.PLACE),
                Field(name="work", label=marked("Where they worked"), hint=_MAP, kind=Kind.PLACE),
                Field(
                    name="interest_1",
                    label=marked("A place they like to go to"),
                    hint=_MAP,
                    kind=Kind.PLACE,
                ),
                Field(
                    name="interest_2",
                    label=marked("Another place they like"),
                    hint=_MAP,
                    kind=Kind.PLACE,
                ),
                Field(
                    name="walks",
                    label=marked("Usual walks"),
                    hint=marked("Which way, how long, where they stop."),
                    kind=Kind.TEXT,
                ),
                Field(
                    name="week",
                    label=marked("An ordinary week"),
                    hint=marked("Shops, church, club, hobbies: which day, what time."),
                    kind=Kind.TEXT,
                ),
                Field(
                    name="hiding", label=marked("Where they might hide or shelter"), kind=Kind.TEXT
                ),
            ),
        ),
        Section(
            name="people",
            title=marked("People to call"),
            fields=(
                Field(
                    name="next_of_kin",
                    label=marked("Next of kin"),
                    hint=marked("Name, how they are related, phone number."),
                    kind=Kind.TEXT,
                    first=True,
                ),
                Field(
                    name="key_people",
                    label=marked("Friends, neighbours and relatives they might go to"),
                    hint=marked("Name, address, phone number."),
                    kind=Kind.TEXT,
                ),
                Field(name="keys", label=marked("Who has a key?")),
            ),
        ),
        Section(
            name="carried",
            title=marked("Phone, money and accounts"),
            note=marked(
                "Never write a password, a PIN, or the number of a card or a bank account here."
                " The police do not need them."
            ),
            fields=(
                Field(name="mobile", label=marked("Mobile phone number"), first=True),
                Field(name="handset", label=marked("Kind of phone and phone company")),
                Field(name="email", label=marked("Email address")),
                Field(
                    name="social",
                    label=marked("Social media they use"),
                    hint=marked("Name of the account only."),
                ),
                Field(
                    name="money",
                    label=marked("Do they carry money or a bus pass?"),
                    hint=marked("No numbers."),
                ),
                Field(
                    name="bank", label=marked("Name of their bank"), hint=marked("The name only.")
                ),
                Field(name="documents", label=marked("Passport: where is it kept?")),
            ),
        ),
    ),
    at_the_time=(
        Field(
            name="seen_where",
            label=marked("Where were they last seen?"),
            hint=marked("As exactly as you can, and by whom."),
            kind=Kind.TEXT,
        ),
        Field(name="seen_when", label=marked("When were they last seen?")),
        Field(
            name="clothing",
            label=marked("What are they wearing?"),
            hint=marked("Coat, top, trousers or skirt, shoes or slippers, hat. Colours."),
            kind=Kind.TEXT,
        ),
        Field(name="carrying", label=marked("Bag, stick or frame with them?")),
        Field(
            name="mood",
            label=marked("How were they, and did they say where they wanted to go?"),
            kind=Kind.TEXT,
        ),
        Field(
            name="phone_taken",
            label=marked("Do they have the phone, the tracker, keys or money with them?"),
        ),
        Field(name="searched", label=marked("Where have you looked already?"), kind=Kind.TEXT),
    ),
)

"""The Herbert Protocol as most forces of England and Wales ask it: the union of their forms.

Left out on purpose: passwords, and numbers of cards and bank accounts, which older forms ask for.
"""

from __future__ import annotations

from dashboard.missing.form import Field, Kind, ProfileForm, Section

_MAP = "An address, or the name of a place."

FORM = ProfileForm(
    title="Herbert Protocol",
    source="Forms of West Yorkshire, Humberside and Dyfed-Powys police, 2024 to 2026",
    sections=(
        Section(
            name="person",
            title="Who they are",
            fields=(
                Field(
                    name="full_name", label="Full name", hint="First name and surname.", first=True
                ),
                Field(
                    name="known_as",
                    label="Name they answer to",
                    hint="Nickname or former name.",
                    first=True,
                ),
                Field(name="born", label="Date of birth", kind=Kind.DATE, first=True),
                Field(name="gender", label="Gender", first=True),
                Field(name="ethnicity", label="Ethnicity", first=True),
                Field(
                    name="language",
                    label="First language and accent",
                    hint="Also: do they still speak English when upset?",
                    first=True,
                ),
            ),
        ),
        Section(
            name="looks",
            title="What they look like",
            fields=(
                Field(
                    name="height", label="Height", hint="For example 1.62 m, or 5 ft 4.", first=True
                ),
                Field(name="build", label="Build", hint="Slim, medium, large.", first=True),
                Field(name="hair", label="Hair", hint="Colour, style and length.", first=True),
                Field(name="facial_hair", label="Facial hair", first=True),
                Field(name="eyes", label="Eye colour", first=True),
                Field(name="glasses", label="Glasses or contact lenses", first=True),
                Field(
                    name="marks",
                    label="Scars, tattoos, piercings or other marks",
                    kind=Kind.TEXT,
                    first=True,
                ),
                Field(name="jewellery", label="Jewellery and watch they always wear"),
            ),
        ),
        Section(
            name="moving",
            title="How they get about and how to talk to them",
            fields=(
                Field(
                    name="walking",
                    label="How far can they walk?",
                    hint="And how fast. With a stick or a frame?",
                    kind=Kind.TEXT,
                    first=True,
                ),
                Field(
                    name="hearing_sight",
                    label="Hearing, sight and aids",
                    hint="Hearing aid, white cane.",
                ),
                Field(
                    name="approach",
                    label="How to approach them",
                    hint="What calms them, what frightens them, and a name they trust.",
                    kind=Kind.TEXT,
                    first=True,
                ),
                Field(
                    name="transport", label="Buses, trains, cars or taxis they use", kind=Kind.TEXT
                ),
                Field(
                    name="tracker",
                    label="Tracker or alarm they carry",
                    hint="Kind, and where it is worn.",
                ),
                Field(
                    name="tracker_phone",
                    label="Phone number of the tracker’s call centre",
                    hint="The police may ask it for the place of the tracker.",
                ),
            ),
        ),
        Section(
            name="health",
            title="Health and medicine",
            stale_days=92,
            note="Look through this every three months, also when nothing has changed: then just save it.",
            fields=(
                Field(
                    name="conditions",
                    label="Illnesses and conditions",
                    kind=Kind.TEXT,
                    first=True,
                ),
                Field(
                    name="medicine", label="Medicine", hint="Name, how much, when.", kind=Kind.TEXT
                ),
                Field(
                    name="without_medicine",
                    label="What happens without it, and how soon?",
                    kind=Kind.TEXT,
                    first=True,
                ),
                Field(name="allergies", label="Allergies"),
                Field(name="doctor", label="Doctor’s practice", hint="Name and phone number."),
            ),
        ),
        Section(
            name="home",
            title="Where they live",
            fields=(
                Field(name="address", label="Address now", hint=_MAP, kind=Kind.PLACE, first=True),
                Field(name="lived_here", label="How long have they lived there?"),
                Field(name="landline", label="Landline"),
                Field(
                    name="care_home",
                    label="Care home or care company",
                    hint="Name, phone number and who is in charge.",
                    kind=Kind.TEXT,
                ),
                Field(name="previous_1", label="Previous address", hint=_MAP, kind=Kind.PLACE),
                Field(name="previous_2", label="Address before that", hint=_MAP, kind=Kind.PLACE),
                Field(
                    name="previous_3",
                    label="Where they grew up",
                    hint=_MAP,
                    kind=Kind.PLACE,
                ),
            ),
        ),
        Section(
            name="places",
            title="Where they may go",
            note="Many people who are lost walk to a former home, a former job or a place they loved.",
            fields=(
                Field(
                    name="found_1", label="Where they were found before", hint=_MAP, kind=Kind.PLACE
                ),
                Field(name="found_2", label="Another time", hint=_MAP, kind=Kind.PLACE),
                Field(name="work", label="Where they worked", hint=_MAP, kind=Kind.PLACE),
                Field(
                    name="interest_1",
                    label="A place they like to go to",
                    hint=_MAP,
                    kind=Kind.PLACE,
                ),
                Field(
                    name="interest_2", label="Another place they like", hint=_MAP, kind=Kind.PLACE
                ),
                Field(
                    name="walks",
                    label="Usual walks",
                    hint="Which way, how long, where they stop.",
                    kind=Kind.TEXT,
                ),
                Field(
                    name="week",
                    label="An ordinary week",
                    hint="Shops, church, club, hobbies: which day, what time.",
                    kind=Kind.TEXT,
                ),
                Field(name="hiding", label="Where they might hide or shelter", kind=Kind.TEXT),
            ),
        ),
        Section(
            name="people",
            title="People to call",
            fields=(
                Field(
                    name="next_of_kin",
                    label="Next of kin",
                    hint="Name, how they are related, phone number.",
                    kind=Kind.TEXT,
                    first=True,
                ),
                Field(
                    name="key_people",
                    label="Friends, neighbours and relatives they might go to",
                    hint="Name, address, phone number.",
                    kind=Kind.TEXT,
                ),
                Field(name="keys", label="Who has a key?"),
            ),
        ),
        Section(
            name="carried",
            title="Phone, money and accounts",
            note="Never write a password, a PIN, or the number of a card or a bank account here."
            " The police do not need them.",
            fields=(
                Field(name="mobile", label="Mobile phone number", first=True),
                Field(name="handset", label="Kind of phone and phone company"),
                Field(name="email", label="Email address"),
                Field(
                    name="social", label="Social media they use", hint="Name of the account only."
                ),
                Field(name="money", label="Do they carry money or a bus pass?", hint="No numbers."),
                Field(name="bank", label="Name of their bank", hint="The name only."),
                Field(name="documents", label="Passport: where is it kept?"),
            ),
        ),
    ),
    at_the_time=(
        Field(
            name="seen_where",
            label="Where were they last seen?",
            hint="As exactly as you can, and by whom.",
            kind=Kind.TEXT,
        ),
        Field(name="seen_when", label="When were they last seen?"),
        Field(
            name="clothing",
            label="What are they wearing?",
            hint="Coat, top, trousers or skirt, shoes or slippers, hat. Colours.",
            kind=Kind.TEXT,
        ),
        Field(name="carrying", label="Bag, stick or frame with them?"),
        Field(
            name="mood",
            label="How were they, and did they say where they wanted to go?",
            kind=Kind.TEXT,
        ),
        Field(
            name="phone_taken",
            label="Do they have the phone, the tracker, keys or money with them?",
        ),
        Field(name="searched", label="Where have you looked already?", kind=Kind.TEXT),
    ),
)

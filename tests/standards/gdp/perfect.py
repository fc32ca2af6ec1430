"""Frames and people of the tests of GDP, and any people at all."""

from __future__ import annotations

from hypothesis import strategies as st

from carnet.standards.gdp.messages import DMP_SERVER, Frame, MessageId
from carnet.standards.gdp.people import Address, Person, Representative, Telecom, Traits
from carnet.standards.ids import INS_NIR_TEST, Ins

INS = Ins("279035121518989", INS_NIR_TEST)
ASKING = Frame(
    MessageId("1.2.250.1.999.1", "a1"), "20260305143000", "1.2.250.1.999.1", software="LPS"
)
QUERY_ID = MessageId("1.2.250.1.999.1", "q1")
ANSWERING = Frame(
    MessageId(DMP_SERVER, "b1"), "20260305143001", DMP_SERVER, "1.2.250.1.999.1", "DMP"
)
ANNE = Traits("DURAND", "ANNE", "F", "19790312", "MARTIN", "MME")
HOME = Address(("12 rue de l'Étang", "Bâtiment B"), "69003", "LYON", "FR")
PERSON = Person(
    ANNE,
    (Telecom("tel:+33400000000", "HP"), Telecom("mailto:anne@example.fr")),
    HOME,
    Address(city="LYON"),
)
FATHER = Representative("FTH", "DURAND", "LUC", "M", (Telecom("tel:+33600000000", "MC"),), HOME)

names = st.text(st.characters(categories=["L"], include_characters="&<'"), min_size=1)
traits = st.builds(Traits, names, names, st.sampled_from("MF"), st.just("1979"), names, names)
telecoms = st.lists(
    st.builds(Telecom, names.map(lambda name: f"tel:{name}"), st.sampled_from(["", "HP", "MC"])),
    max_size=2,
).map(tuple)
addresses = st.none() | st.builds(
    Address, st.lists(names, max_size=3).map(tuple), st.just("") | names, names, st.just("")
)
people = st.builds(Person, traits, telecoms, addresses, addresses)
representatives = st.lists(
    st.builds(Representative, names, names, names, names, telecoms, addresses), max_size=2
).map(tuple)

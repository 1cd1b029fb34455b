from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdhy_qa.sources.language import language_of

TEXTS = {
    "en": "The company was founded in 1984, and it has more than a hundred thousand people all over the world. Each of "
    "them is meant to become an entrepreneur who is as near to users as can be.",
    "de": "Das Unternehmen wurde 1984 gegründet und hat heute mehr als hunderttausend Mitarbeiter auf der ganzen Welt. "
    "Die Idee dahinter ist, dass jeder Mitarbeiter ein Unternehmer sein kann.",
    "nl": "Het bedrijf werd in 1984 opgericht en heeft tegenwoordig meer dan honderdduizend medewerkers over de hele "
    "wereld. Het idee is dat iedere medewerker een ondernemer kan zijn.",
    "fr": "L'entreprise a été fondée en 1984 et compte aujourd'hui plus de cent mille salariés dans le monde entier. "
    "L'idée est que chaque salarié puisse être un entrepreneur.",
    "it": "L'azienda è stata fondata nel 1984 e conta oggi più di centomila persone in tutto il mondo. L'idea è che "
    "ogni persona possa diventare un imprenditore vicino ai suoi clienti.",
    "es": "La empresa nació en 1984 y hoy tiene más de cien mil personas en todo el mundo. La idea es que cada una de "
    "ellas pueda ser un empresario que está cerca de los que usan sus productos.",
    "pt": "A empresa nasceu em 1984 e hoje tem mais de cem mil pessoas em todo o mundo. A ideia é que cada uma delas "
    "possa ser um empresário que está perto de quem usa os seus produtos.",
    "ru": "Компания была основана в 1984 году и сегодня насчитывает более ста тысяч сотрудников по всему миру. Идея в "
    "том, что каждый из них может стать предпринимателем.",
    "zh": "海尔集团创始人张瑞敏在青岛出席了人单合一模式引领论坛,并发表了题为零距离卓越的主旨演讲。",
    "ja": "ハイアールの創業者は青島で開催されたフォーラムで基調講演を行い、社員は起業家になれると語った。",
    "ko": "하이얼의 창업자는 칭다오에서 열린 포럼에서 기조연설을 했다. 모든 직원은 기업가가 될 수 있다고 말했다.",
}


@pytest.mark.parametrize("code", TEXTS)
def test_the_language_of_two_sentences(code: str):
    assert language_of(TEXTS[code]) == code


def test_names_and_quotations_of_another_language_change_nothing():
    assert language_of(TEXTS["zh"] * 3 + "Gary Hamel, Thinkers50, Haier, RenDanHeYi") == "zh"
    assert language_of(TEXTS["en"] * 2 + "人单合一 (RenDanHeYi), “L'entreprise a été fondée”") == "en"


@pytest.mark.parametrize("text", ["", "Haier 2024", "404", "Raízen, Var Group, Buurtzorg, SINA, hoxby " * 8])
def test_where_there_is_too_little_to_tell_nothing_is_told(text: str):
    assert language_of(text) is None


def test_every_page_of_the_corpus_is_english():
    pages = sorted((Path(__file__).parents[2] / "corpus").rglob("*.md"))
    assert pages
    assert {language_of(page.read_text(encoding="utf-8")) for page in pages} == {"en"}


@settings(deadline=None)  # the first one loads the lists of words
@given(st.text(max_size=500))
def test_any_text_is_taken(text: str):
    assert language_of(text) is None or len(language_of(text)) == 2

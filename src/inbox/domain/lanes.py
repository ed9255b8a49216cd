"""Lanes: what a ticket needs, and the signs by which a text shows that somebody waits for an answer."""

from __future__ import annotations

from enum import StrEnum

from inbox.domain.words import Vocabulary


class Lane(StrEnum):
    """What a ticket needs; only `answer` has somebody waiting."""

    ANSWER = "answer"
    THANK = "thank"
    NOTHING = "nothing"
    SPAM = "spam"


QUESTION_MARKS = ("?", "\uff1f", "\u061f", "\u037e")  # Latin, full-width, Arabic, Greek

# A missed question is the error that costs, a praise among the questions costs a key: so all that smells of a question,
# a wish or a trouble counts as one, in three languages, and a word too many here is better than one too few.
_ASKING = """
wann, wo, woher, wohin, wer, wem, wen, wessen, was, wie, wieso, weshalb, warum, wozu, welche, welcher, welches,
welchen, welchem, wieviel, frage, fragen, ob, bitte, bitten, könnt, könntet, könnten, könnte, kannst, könntest,
koennt, möchte, möchten, moechte, würde, würdet, würden, wünsche, wünschen, brauche, brauchen, benötige, suche,
suchen, hilfe, helfen, helft, sagt mir, melden, meldet, rückmeldung, antwort, antworten, rückruf, zurückrufen,
anrufen, rufen sie, ruft mich, erklären, erklärt mir, infos, informationen, vorab, im voraus, danke schon mal, bin
unsicher, nicht sicher, interessiert, when, where, who, whom, whose, what, how, why, which, question, questions,
whether, please, could, can you, can i, can we, would, wondering, wonder, need, needs, help, i want, want to, let me
know, tell me, explain, clarify, answer, respond, call me, call back, callback, in advance, what if, looking for,
interested in, trying to, tried to, not sure, how about, quand, où, quoi, quel, quelle, quels, quelles, comment,
combien, pourquoi, question, questions, pouvez, pourriez, pourrait, peux, puis je, peut on, peut il, voudrais,
voudrions, souhaite, souhaiterais, aimerais, besoin, aide, aidez, dites moi, expliquez, réponse, répondre, rappeler,
rappelez, renseignement, est ce, y a t il, s il vous plaît, svp, merci de, merci d avance, je cherche, intéressé,
intéressée
"""
_TROUBLE = """
problem, probleme, fehler, fehlt, fehlen, fehlermeldung, kaputt, defekt, beschädigt, falsch, leider, nicht, kein,
keine, keinen, keiner, nie, niemand, nichts, nirgends, abbruch, bricht, abgelehnt, abgebucht, doppelt, verspätung,
verzögerung, verschoben, verschiebung, enttäuscht, enttäuschend, ärgerlich, sauer, wütend, frechheit, unverschämt,
schlecht, zweifel, zweifle, sorge, sorgen, angst, unklar, vergessen, verloren, warte, warten, gewartet, immer noch,
betrug, abzocke, hänge, problems, issue, issues, error, errors, wrong, missing, broken, damaged, defective, fails,
failed, failing, failure, not, no, never, nobody, nothing, without, cannot, can t, don t, doesn t, didn t, isn t, wasn
t, won t, couldn t, haven t, hasn t, aren t, late, delay, delayed, postponed, disappointed, disappointing, annoyed,
angry, unacceptable, bad, worse, unhappy, unclear, confused, worried, concern, concerned, stuck, lost, forgot,
waiting, waited, still, yet, unfortunately, twice, scam, fraud, problème, problèmes, erreur, erreurs, manque,
manquant, cassé, cassée, endommagé, défectueux, pas, jamais, rien, personne, aucun, aucune, impossible, échoue,
échoué, échec, refusé, refusée, retard, retardé, repoussé, déçu, déçue, décevant, inadmissible, fâché, colère,
mauvais, malheureusement, inquiet, inquiète, oublié, perdu, attends, attendre, toujours, bloqué, bloquée, arnaque
"""
_BUSINESS = """
widerruf, widerrufe, widerrufen, kündige, kündigen, kündigung, beschwere, beschwerde, beschweren, storno, stornieren,
storniere, stornierung, erstattung, erstatten, rückerstattung, geld zurück, rechnung, adresse, anschrift, umgezogen,
lieferadresse, lieferung, liefertermin, zahlung, zahle, bezahlen, überweisung, konto, kontonummer, lastschrift,
steuer, vertrag, termin, frist, einreichen, hochladen, löschen, löscht, löschung, datenschutz, dsgvo, auskunft,
anwalt, anzeige, polizei, presse, journalist, journalistin, redaktion, interview, urheber, urheberrecht, kopiert,
geklaut, verleumdung, beleidigung, vorschlag, idee, ändern, änderung, ändert, korrigieren, bestellung, bestellnummer,
passwort, login, anmelden, umtauschen, umtausch, versand, wäre, fände, suizid, umbringen, sterben, leben mehr, allein,
melde, refund, refunds, cancel, cancellation, withdraw, withdrawal, revoke, complaint, complain, invoice, receipt,
address, moved, payment, pay, charge, charged, account, tax, contract, deadline, submit, upload, delete, erase,
erasure, gdpr, privacy, lawyer, attorney, police, press, reporter, copyright, copied, stolen, report, defamation,
libel, suggestion, suggest, idea, change, correct, correction, order number, my order, password, login, review,
reject, rejected, rejection, shipping, delivery date, should, suicide, kill, end it, anymore, alone, rembourser,
remboursement, remboursé, annuler, annulation, révoquer, rétracter, rétractation, rétracte, plainte, réclamation,
facture, adresse, déménagé, livraison, livrer, paiement, payer, virement, compte, débité, impôt, impôts, contrat,
délai, déposer, envoyer, supprimer, suppression, effacer, rgpd, avocat, presse, journaliste, plagiat, signaler,
diffamation, changer, modifier, modification, mot de passe, rejet, rejeté, serait, il faudrait, devrait, mourir, seul,
seule, idée
"""
_BUT = """
aber, jedoch, allerdings, dennoch, schade, though, although, however, but, except, mais, par contre, cependant,
toutefois, en revanche, sauf, dommage
"""
# What is exclaimed in the words of a question.
_EXCLAIMED = """
wie schön, wie toll, wie cool, wie genial, wie offen, wie ehrlich, wie immer, was für, nicht schlecht, nicht genug,
nicht mehr erwarten, kaum erwarten, bitte mehr davon, bitte weiter so, ohne worte, danke nicht nur,
what a, what an, how nice, how lovely, how great, how cool, how wonderful, the time you need, all you need, can t wait,
cannot wait, could not be happier, couldn t be happier, could not be better, couldn t be better, not bad, no worries,
no problem, no rush, never seen, never disappoint, quel beau, quel bel, quelle belle, quelle bonne, quelle super,
quelle réussite, quel plaisir, quel travail, qu il faut, pas mal, rien à redire, toujours un plaisir
"""
# Words that ask in one language and mean nothing in another.
_MEANS_NOTHING = {
    "en": frozenset({"was", "wo", "sage"}),
    "fr": frozenset({"was", "pay"}),
    "de": frozenset({"no", "bad"}),
}


def _listed(*texts: str) -> Vocabulary:
    return Vocabulary.of(phrase.strip() for text in texts for phrase in text.split(","))


_SIGNS = _listed(_ASKING, _TROUBLE, _BUSINESS, _BUT)
_HARMLESS = _listed(_EXCLAIMED)


def asks(text: str, words: list[str], language: str | None = None) -> str | None:
    """Return the sign by which a text shows that it wants an answer: a question mark, a word; None: there is none.

    `words` are those of the text, so that they are taken apart once.
    """
    mark = next((mark for mark in QUESTION_MARKS if mark in text), None)
    if mark is not None:
        return mark
    meaningless = _MEANS_NOTHING.get((language or "")[:2], frozenset())
    return next((sign for sign in _SIGNS.found_in(_HARMLESS.cut_from(words)) if sign not in meaningless), None)

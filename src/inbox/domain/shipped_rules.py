"""The rules that every rulebook begins with: they propose lanes in German, English and French."""

from __future__ import annotations

from dataclasses import replace

from inbox.domain.lanes import Lane
from inbox.domain.rulebook import Conditions, Outcome, Rule, Rulebook

_OFFERS = """
boost your campaign, boost your project, boost your funding, boost your sales, promote your campaign, promote your
project, more backers, thousands of backers, new backers, 100k backers, bring you backers, double your funding, double
your pledges, explode your, go viral, crowdfunding promotion, marketing agency, guaranteed traffic, targeted traffic,
seo, backlinks, first page of google, buy followers, more followers, real followers, casino, betting, crypto, bitcoin,
forex, passive income, work from home, earn money, quick loan, viagra, cialis, click here, limited offer, whatsapp me,
telegram channel, dm me, onlyfans, mehr unterstützer, 2000 unterstützer, tausende unterstützer, neue unterstützer,
bringen unterstützer, kampagne bekannt machen, kampagne pushen, reichweite steigern, reichweite für ihre,
werbeagentur, mehr reichweite, besucher garantiert, follower kaufen, mehr follower, schnelles geld, geld verdienen,
passives einkommen, verdienen sie, sofortkredit, kredit ohne schufa, hier klicken, nur heute, doublons votre campagne,
doubler votre campagne, boostez votre, booster votre, plus de contributeurs, milliers de contributeurs, agence
marketing, visibilité garantie, promouvoir votre, gagner de l'argent, gagnez de l'argent, revenu passif, crédit
rapide, cliquez ici, plus d'abonnés, référencement
"""
_PRAISE = """
danke, dankeschön, dankesehr, vielen dank, herzlichen dank, besten dank, tausend dank, merci, thx, großartig,
großartiges, großartige, toll, tolle, tolles, toller, tollen, super, klasse, spitze, genial, wunderbar, wunderschön,
fantastisch, begeistert, hervorragend, ausgezeichnet, prima, gänsehaut, perfekt, wie schön, sehr schön, so schön,
schöne, schöner, schönes, sehr gut, gut gemacht, gute arbeit, das beste, die beste, der beste, tolle arbeit, weiter
so, macht weiter, freue mich, freuen uns, freu mich, vorfreude, gutes projekt, gut erklärt, verständlich erklärt,
liebe es, respekt, hut ab, chapeau, glückwunsch, glückwünsche, gratulation, gratuliere, geschafft, hurra, bravo, juhu,
mega, hammer, cool, lecker, daumen hoch, viel erfolg, alles gute, drücke die daumen, am besten erklärt, vertraue euch,
thanks, thank you, many thanks, thank, cheers, great, awesome, amazing, fantastic, wonderful, brilliant, excellent,
lovely, beautiful, gorgeous, perfect, superb, love it, love this, love the, loving, nice, cool, well done, good job,
great job, great work, good work, keep it up, keep going, congrats, congratulations, looking forward, can't wait, so
happy, very happy, happy to, proud, impressive, impressed, good luck, best of luck, hooray, delighted, yay, good to
see, best campaign, made my day, take your time, take the time you need, well explained, merci beaucoup, un grand
merci, mille mercis, mille merci, génial, géniale, super, superbe, magnifique, formidable, excellent, excellente,
parfait, parfaite, fantastique, j'adore, adore, très beau, très belle, très bien, beau travail, bon travail, bravo,
félicitations, chapeau, hâte, trop bien, top, bonne chance, bonne continuation, continuez, bel, belle, prenez le
temps, vivement, fier, fière, quelle réussite, ravi, ravie, impressionnant, bonne idée, bonne initiative, bien
expliqué, 👍, 👏, 🎉, 🥳, ❤, 💚, 💙, 💛, 🧡, 💜, 😍, 🙏, 💪, 🚀, 😊, 🙌, 🤩
"""
_CHATTER = """
geteilt, teile ich, teile es, teile das, teil ich, weitererzählt, weitergesagt, weitergeleitet, verlinkt, gepostet,
bin dabei, bin auch dabei, ich auch, wir auch, dabei, mitgemacht, unterstützt, gerade unterstützt, guten morgen, moin,
servus, guten abend, schönen abend, schönes wochenende, schönen tag, schönen sonntag, frohe ostern, liebe grüße, viele
grüße, haha, hihi, lol, ok, okay, alles klar, verstanden, erster, shared, sharing, spread the word, spreading the
word, told my, told all, posted, reposted, tweeted, i'm in, count me in, me too, same here, backed, just backed, in
for, joined, good morning, good evening, happy weekend, happy easter, have a nice, greetings, hello everyone, hi all,
hi everyone, first, understood, got it, noted, all good, agreed, partagé, partagée, je partage, on partage, relayé,
j'en ai parlé, j'en parle, je participe, j'ai participé, moi aussi, nous aussi, bonjour à tous, bonjour tout le monde,
bonsoir, bon week-end, bonne journée, bonne soirée, joyeuses pâques, d'accord, c'est noté, compris, coucou, mdr
"""
_ALWAYS = Conditions()
_LONGEST = 60  # words: who writes more wants more than to say thanks
_SHORT = 15  # words of a letter that only says thanks; one that tells of something ends with thanks as well


def shipped_book() -> Rulebook:
    """Return the rulebook of a new installation; channels bring weights and targets of their own."""
    return Rulebook(rules=(_lane("offers", "Offers and advertising", Lane.SPAM, _OFFERS), *_kind_words()))


def _kind_words() -> tuple[Rule, ...]:
    """Return what is proposed of kind words: only what everybody reads is ever left without an answer.

    Whoever writes to us alone, and above all whoever waits in a chat, is answered unless they only say thanks.
    """
    public = Conditions(asks=False, at_most=_LONGEST, public=True)
    letter = Conditions(asks=False, at_most=_SHORT, public=False)
    return (
        _lane("praise", "Praise", Lane.THANK, _PRAISE, public),
        _lane("thanks", "Private thanks", Lane.THANK, _PRAISE, letter),
        _lane("chatter", "Chatter", Lane.NOTHING, _CHATTER, public),
    )


def _lane(key: str, name: str, lane: Lane, words: str, when: Conditions = _ALWAYS) -> Rule:
    phrases = tuple(dict.fromkeys(word.strip() for word in words.replace("\n", " ").split(",") if word.strip()))
    return Rule(key, name, replace(when, words=phrases), Outcome(lane=lane))

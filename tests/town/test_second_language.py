"""Ondalese says what the English says, by rules that hold in every sentence."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from town_texts import digest, few, in_another_process

from tl_helpers import data, models, town
from tl_helpers.core.errors import BadValue, UnknownName
from tl_helpers.town import compiled
from tl_helpers.town.lexicon import DOMAINS
from tl_helpers.town.lexicon import words as words_of
from tl_helpers.town.second import english, sounds, words
from tl_helpers.town.second.lexicon import Meaning, lexicon
from tl_helpers.town.second.translate import patterns

ROOT = Path(__file__).resolve().parents[2]
SETTING = {"seed": 2, "hard": 0.4, "neutral": 0.3, "agreement": 0.8}

dials = st.fixed_dictionaries(
    {
        "seed": st.integers(-(2**70), 2**70),
        "zipf": st.floats(0, 2),
        "distance": st.floats(0, 1),
        "hard": st.floats(0, 0.9),
        "neutral": st.floats(0, 0.9),
        "gender_skew": st.floats(0, 1),
    }
)


@pytest.fixture(scope="module")
def corpus():
    return town.Town(**SETTING).corpus(3_000)


# --- the same text everywhere --------------------------------------------------------------------
@pytest.mark.parametrize("hash_seed", ["1", "4242"])
def test_text_is_the_same_in_every_process(hash_seed):
    here = digest(town.Town(**SETTING).corpus(200).translations())
    there = in_another_process(SETTING, "translations", "second_vocabulary", hash_seed)
    assert there == [here, str(len(town.second_vocabulary()))]


def test_roots_are_those_that_were_published():
    """What a word is called may not depend on the machine, nor on which words there are."""
    for word, pos, tag, stem in (
        ("bridge", "NOUN", "", "dimevo"),
        ("lovely", "ADJ", "+", "nauskoz"),
        ("enjoy", "VERB", "+", "shobus"),
        ("hotel", "NOUN", "", "hotelo"),
    ):
        lexeme = lexicon().lexemes[lexicon().number[Meaning(word, pos, tag)]]
        assert lexeme.stem == stem


@few(12)
@given(dials, st.integers(1, 20), st.integers(0, 10**9), st.integers(0, 19))
def test_a_translation_does_not_depend_on_its_company(setting, n, start, skip):
    skip = min(skip, n - 1)
    made = town.Town(**setting)
    alone = made.corpus(1, start=start + skip).translations()
    assert alone == [made.corpus(n, start=start).translations()[skip]]


def test_translating_changes_no_english():
    made = town.Town(**SETTING).corpus(50)
    made.translation()
    assert made.texts() == town.Town(**SETTING).corpus(50).texts()


def test_the_same_derivation_has_the_same_translation(corpus):
    """Same pattern, same words, same meanings: same sentence. And another dial changes nothing."""
    d, seen = corpus.draws, {}
    for i, target in enumerate(corpus.translation().sentences()):
        a, b = d.t_start[i], d.t_start[i + 1]
        key = (d.pattern[i], d.domain[d.doc[i]], d.polarity[i], tuple(d.token[a:b].tolist()))
        assert seen.setdefault(key, target) == target
    flat = town.Town(zipf=0.3, distance=0.9, seed=5).corpus(2_000)
    other = dict(zip(corpus.sentences(), corpus.translation().sentences(), strict=True))
    same = [
        (other[s], t)
        for s, t in zip(flat.sentences(), flat.translation().sentences(), strict=True)
        if s in other
    ]
    assert len(same) > 50 and sum(a == b for a, b in same) / len(same) > 0.97


# --- words ---------------------------------------------------------------------------------------
def test_no_two_lexemes_share_a_form():
    owner: dict[str, Meaning] = {}
    for lexeme in lexicon().lexemes:
        for form in set(lexeme.forms().values()):
            assert owner.setdefault(form.lower(), lexeme.meaning) == lexeme.meaning, form


def test_forms_of_a_lexeme_differ():
    for lexeme in lexicon().lexemes:
        if lexeme.kind not in ("fixed", "name"):
            forms = list(lexeme.forms().values())
            assert len(set(forms)) == len(forms), forms


def test_only_names_and_marks_look_like_english():
    names = {lexeme.stem.lower() for lexeme in lexicon().lexemes if lexeme.kind == "name"}
    common = set(town.vocabulary()) & set(town.second_vocabulary())
    assert common <= names | set(".,!?;:")
    assert len(common) > 300


def test_words_can_be_said():
    """Two consonants at most between vowels, three at a seam of a compound; nothing rude."""
    for lexeme in lexicon().lexemes:
        if lexeme.kind in ("noun", "adj", "verb") and lexeme.meaning.pos != "copula":
            for form in lexeme.forms().values():
                assert re.fullmatch("[a-z]+", form), form
                spoken = form.replace("sh", "c")
                assert not re.search("[^aeiou]{4}", spoken), form
                assert re.search("[aeiou]", form[:4]) and form[-1] in "aeiounl", form
                assert not sounds.UNWANTED.search(form), form


def test_loans_are_recognisable_and_still_used():
    lemmas = {lexeme.meaning.lemma for lexeme in lexicon().lexemes}
    used = words.LOANS & lemmas
    assert len(used) > 100
    assert len(used) / len(words.LOANS) > 0.8
    made = {x.meaning.lemma: x.stem for x in lexicon().lexemes if x.meaning.lemma in used}
    assert sum(stem.startswith(sounds.loan(w)) for w, stem in made.items() if sounds.loan(w)) > 90
    for word, spelled in (("coffee", "kof"), ("sauna", "saun"), ("photograph", "fotograf")):
        assert sounds.loan(word) == spelled


def test_synonyms_share_and_senses_split():
    lex = lexicon()
    film, thing = (DOMAINS.index(d) for d in ("film", "restaurant"))
    assert lex.of_slot["kind", film, -1, "film"] == lex.of_slot["kind", film, -1, "movie"]
    assert lex.of_slot["eval", thing, 0, "awful"] == lex.of_slot["eval", thing, 0, "dreadful"]
    assert lex.of_slot["evalp", -1, 0, "cold"] != lex.of_slot["evall", -1, 0, "cold"]
    gadget, book = (DOMAINS.index(d) for d in ("gadget", "book"))
    menus = [lex.of_slot["things", d, -1, "menus"] for d in (gadget, book)]
    assert menus[0] != menus[1] and {m.lemma for m in menus} == {"menu"}
    sides = defaultdict(set)
    for (_, _, polarity, _), meaning in lex.of_slot.items():
        sides[meaning].add(polarity)
    for meaning, polarities in sides.items():  # no word of Ondalese both praises and blames
        if meaning.pos not in ("small", "NUM"):
            assert not {0, 1} <= polarities, meaning
    by_word = defaultdict(set)
    for (_, _, _, word), meaning in lex.of_slot.items():
        by_word[word].add(meaning)
    assert sum(len(meanings) > 1 for meanings in by_word.values()) > 20
    shared = defaultdict(set)
    for (_, _, _, word), meaning in lex.of_slot.items():
        if meaning.pos in ("ADJ", "ADV"):
            shared[meaning].add(word)
    assert sum(len(synonyms) > 1 for synonyms in shared.values()) > 20


def test_derivation_follows_english():
    lex = lexicon()

    def stem(lemma, pos, tag):
        return lex.lexemes[lex.number[Meaning(lemma, pos, tag)]].stem

    assert stem("unfriendly", "ADJ", "-") == "mo" + stem("friendly", "ADJ", "+")
    assert stem("dislike", "VERB", "-") == "mo" + stem("like", "VERB", "+")
    assert stem("perfectly", "ADV", "+") == stem("perfect", "ADJ", "+") + "emo"
    assert stem("disappointing", "ADJ", "-") == stem("disappoint", "VERB", "-") + "iv"
    assert stem("disappointed", "ADJ", "-") == stem("disappoint", "VERB", "-") + "ent"
    one, many = lex.of_slot["thing", 0, -1, "oyster"], lex.of_slot["things", 0, -1, "oysters"]
    assert one == many
    assert lex.of_slot["love", -1, 1, "adore"] == lex.of_slot["loved", -1, 1, "adored"]


@pytest.mark.parametrize(
    "past, bare",
    [
        ("planned", "plan"),
        ("loved", "love"),
        ("tried", "try"),
        ("dismissed", "dismiss"),
        ("saw", "see"),
        ("savoured", "savour"),
        ("shared", "share"),
        ("dazzled", "dazzle"),
        ("treated", "treat"),
        ("blamed", "blame"),
        ("ignored", "ignore"),
        ("streamed", "stream"),
        ("failed", "fail"),
    ],
)
def test_verbs_go_back_to_one_form(past, bare):
    assert english.bare_verb(past) == bare


@pytest.mark.parametrize(
    "plural, single",
    [
        ("cherries", "cherry"),
        ("ties", "tie"),
        ("dishes", "dish"),
        ("wolves", "wolf"),
        ("houses", "house"),
        ("one-liners", "one-liner"),
        ("children", "child"),
        ("boss", "boss"),
    ],
)
def test_nouns_go_back_to_the_singular(plural, single):
    assert english.singular(plural, frozenset({"house"})) == single


# --- trees and order -----------------------------------------------------------------------------
def trees():
    return zip(compiled.patterns(), patterns(), strict=True)


DROPPED = {"the", "a", "there"}


def test_alignment_is_one_to_one_and_only_small_words_are_without():
    for p, t in trees():
        linked = [i for i in t.source if i >= 0]
        assert len(set(linked)) == len(linked)
        inserted = [pos for i, pos in zip(t.source, t.pos, strict=True) if i < 0]
        assert set(inserted) <= {"PUNCT"}
        fused = {i for i, _ in t.fused}
        assert not fused & set(linked)
        assert all(0 <= at < len(t.source) and t.source[at] >= 0 for _, at in t.fused)
        for i in set(range(len(p.symbols))) - set(linked) - fused:
            s = p.symbols[i]
            assert s.pos == "PUNCT" or s.name in DROPPED, p.source
        for i in fused:
            assert p.symbols[i].pos in ("ADP", "AUX", "PART", "ADV"), p.source


def test_trees_are_well_formed_projective_and_the_same():
    for p, t in trees():
        n = len(t.source)
        assert len(t.form) == len(t.head) == len(t.relation) == len(t.pos) == n
        assert t.head.count(-1) == 1 and t.relation[t.head.index(-1)] == "root"
        for i, h in enumerate(t.head):
            if t.source[i] >= 0:  # same head, same relation as in English
                there = p.heads[t.source[i]]
                assert there == (-1 if h < 0 else t.source[h])
                assert t.relation[i] == p.relations[t.source[i]]
            seen, at = set(), i
            while at != -1:
                assert at not in seen
                seen.add(at)
                at = t.head[at]
        arcs = [(min(i, h), max(i, h)) for i, h in enumerate(t.head) if h >= 0]
        for a, b in arcs:
            assert not any(a < x < b < y for x, y in arcs), p.source
        assert t.pos[-1] == "PUNCT"
        assert not any(x == y == "PUNCT" for x, y in zip(t.pos, t.pos[1:], strict=False)), p.source
        assert t.pos[0] != "PUNCT"


BEFORE_HEAD = {
    "nsubj",
    "csubj",
    "obj",
    "iobj",
    "obl",
    "xcomp",
    "ccomp",
    "advcl",
    "discourse",
    "compound",
}
AFTER_HEAD = {
    "amod",
    "nummod",
    "nmod:poss",
    "flat",
    "acl:relcl",
    "cop",
    "aux",
    "aux:pass",
    "case",
    "det",
    "conj",
    "parataxis",
    "vocative",
}


def test_word_order_rules_hold():
    for _, t in trees():
        for i, (h, relation) in enumerate(zip(t.head, t.relation, strict=True)):
            if relation in BEFORE_HEAD:
                assert i < h
            if relation in AFTER_HEAD:
                assert i > h
            if relation == "mark" and t.pos[i] == "SCONJ":
                assert i > h  # the conjunction ends its clause
        for i, h in enumerate(t.head):
            subjects = [j for j, x in enumerate(t.head) if x == h and t.relation[j] == "nsubj"]
            if subjects and t.relation[i] in ("obj", "iobj", "xcomp", "ccomp"):
                before = t.relation[i] == "obj" and t.form[i] == "acc.sg" and i < subjects[0]
                assert subjects[0] < i or before


def test_suffixes_say_what_the_tree_says():
    checked = defaultdict(int)
    for _, t in trees():
        for i, (h, relation, form, pos) in enumerate(
            zip(t.head, t.relation, t.form, t.pos, strict=True)
        ):
            if pos in ("NOUN", "PRON", "PROPN") and form != "plain":
                case = form.split(".")[0]
                markers = [j for j, x in enumerate(t.head) if x == i and t.relation[j] == "case"]
                if relation == "obj":
                    assert case == "acc"
                elif relation == "iobj":
                    assert case == "dat"
                elif relation == "nmod:poss":
                    assert case == "gen"
                elif relation in ("nsubj", "root", "vocative"):
                    assert case == "nom"
                if markers:  # a postposition, thus no suffix
                    assert case == "nom"
                checked[case] += 1
            if relation == "amod":
                assert (
                    form.split(".")[-1] == t.form[h].split(".")[-1]
                    or pos != "ADJ"
                    or (t.form[i] == "plain")
                )
                checked["amod"] += 1
            if relation == "cop" and form != "inf" and t.pos[h] == "ADJ":
                assert form.split(".")[1] == t.form[h].split(".")[1]
                checked["cop"] += 1
    assert all(checked[x] > 20 for x in ("nom", "acc", "loc", "gen", "amod", "cop"))
    assert checked["dat"] >= 10


def test_number_agrees_with_the_subject():
    seen = 0
    for _, t in trees():
        for i, form in enumerate(t.form):
            if t.relation[i] != "nsubj" or t.pos[i] not in ("NOUN", "PRON"):
                continue
            joined = any(h == i and r == "conj" for h, r in zip(t.head, t.relation, strict=True))
            number = "pl" if joined else form.split(".")[1]
            h = t.head[i]
            cops = [
                j for j, x in enumerate(t.head) if x == h and t.relation[j] in ("cop", "aux:pass")
            ]
            for j in [*cops, h]:
                if t.pos[j] in ("VERB", "AUX", "ADJ") and "." in t.form[j]:
                    assert t.form[j].split(".")[1] == number, t
                    seen += 1
    assert seen > 800


def test_negation_follows_the_verb(corpus):
    other, seen = corpus.translation(), 0
    said, at = other.words().tolist(), other.t_start.tolist()
    for i, source in enumerate(corpus.sentences()):
        if re.search(r"\b(not|never)\b", source):
            sentence = said[at[i] : at[i + 1]]
            assert sentence[-2] in ("mu", "nimu"), source
            seen += 1
    assert seen > 100


BY_EXAMPLE = {  # English, word classes for words -> Ondalese: order and forms
    "my kin q gave me the v1 v2 on day .": "kin/nom.sg my/gen.sg q day/loc.sg me/dat.sg v1 v2/acc.sg gave/past.sg .",
    "from start to finish , it was gen .": "start/nom.sg from finish/dat.sg , it/nom.sg gen/adj.sg was/past.sg .",
    "what I loved most was the thing .": "I/nom.sg what/acc.sg most loved/past.sg thing/nom.sg was/past.sg .",
    "I must tell you that the thing was eval .": "I/nom.sg you/dat.pl thing/nom.sg eval/adj.sg was/past.sg that tell/inf must .",
    "according to the staff , the thing was eval .": "staff/nom.sg according , thing/nom.sg eval/adj.sg was/past.sg .",
    "the folk of loc road were feel because the thing was eval .": "thing/nom.sg eval/adj.sg was/past.sg because , "
    "folk/nom.pl loc road/gen.sg feel/adj.pl were/past.pl .",
    "I loved the staff , who was evalp .": "I/nom.sg staff/acc.sg , who/nom.sg evalp/adj.sg was/past.sg , loved/past.sg .",
    "my kin q loved the things and called the thing eval .": "kin/nom.sg my/gen.sg q things/acc.pl loved/past.sg and "
    "thing/acc.sg eval/adj.sg called/past.sg .",
    "I did not love the thing .": "I/nom.sg thing/acc.sg love/past.sg not .",
    "there was nothing eval about the thing .": "nothing/nom.sg eval/adj.sg thing/nom.sg about was/past.sg .",
    "whoever called the thing eval was wrong .": "whoever/nom.sg thing/acc.sg eval/adj.sg called/past.sg wrong/adj.sg was/past.sg .",
    "the thing could not have been more more .": "thing/nom.sg more more/adj.sg been/inf could not .",
    "oh , how eval : the thing moved us .": "oh , how eval/adj.sg : thing/nom.sg us/acc.pl moved/past.sg .",
    "there was a desc furn near the place .": "furn/nom.sg desc/adj.sg place/nom.sg near was/past.sg .",
    "the occ , p1 p2 , lives on loc road .": "occ/nom.sg , p1 p2 , loc road/loc.sg lives/pres.sg .",
    "the staff showed us the thing on day .": "staff/nom.sg day/loc.sg us/dat.pl thing/acc.sg showed/past.sg .",
    "the item is desc and desc2 .": "item/nom.sg desc/adj.sg and desc2/adj.sg is/pres.sg .",
    "num crowd came to the place on day .": "crowd/nom.pl num place/dat.sg day/loc.sg came/past.pl .",
    "have you heard about the thing ?": "you/nom.pl thing/nom.sg about heard/past.pl ?",
    "you should choose the v1 v2 .": "you/nom.pl v1 v2/acc.sg choose/inf should .",
    "I would again recommend it to my company .": "I/nom.sg company/dat.pl my/gen.sg it/acc.sg recommend/cond.sg again .",
    "write soon , love from writer .": "soon write/imp , love/nom.sg writer/nom.sg from .",
    "it has been a gen occasion .": "it/nom.sg occasion/nom.sg gen/adj.sg been/past.sg .",
    "we found the thing eval , and the things were eval .": "we/nom.pl thing/acc.sg eval/adj.sg found/past.pl , and things/nom.pl eval/adj.pl "
    "were/past.pl .",
}


def test_grammar_by_example():
    orders = {}
    for p, t in trees():
        words_ = [
            (p.symbols[i].name if i >= 0 else ",", f) for i, f in zip(t.source, t.form, strict=True)
        ]
        orders[" ".join(s.name for s in p.symbols)] = " ".join(
            w + ("" if f == "plain" else f"/{f}") for w, f in words_
        )
    for sentence, expected in BY_EXAMPLE.items():
        assert orders[sentence] == expected


def test_a_gloss_names_word_and_form(corpus):
    other, said = corpus.translation(), " ".join
    for i, sentence in enumerate(corpus.sentences()):
        if re.fullmatch(r"I did not (\w+) the (\w+)\.", sentence):
            verb, thing = re.findall(r"I did not (\w+) the (\w+)\.", sentence)[0]
            gloss = said(meaning for _, meaning in other.gloss(i))
            if verb in ("enjoy", "endure"):  # words that stand for no synonyms
                assert gloss == f"I {thing}.ACC {verb}.PAST not ."
                assert said(word for word, _ in other.gloss(i)[:1]) == "Na"
                break
    else:
        pytest.fail("no such sentence in the corpus")


# --- text and annotation -------------------------------------------------------------------------
@few(12)
@given(dials)
def test_text_is_tidy(setting):
    for text in town.Town(**setting).corpus(40).translations():
        assert text.isascii() and text == text.strip() and text[0].isupper()
        assert "  " not in text and not re.search(r" [.,!?;:]", text)
        assert not re.search(r"[.,!?;:]{2}", text) and text[-1] in ".!?"
        assert not re.search(r"[.!?] [a-z]", text)


def test_tokens_rebuild_the_text_and_links_join_the_same_words(corpus):
    other = corpus.translation()
    names = np.isin(corpus.pos(), [compiled.UPOS.index("PROPN")])
    for i, pair in enumerate(corpus.parallel()):
        assert re.sub(r" ([.,!?;:])", r"\1", " ".join(pair.target_words)) == pair.target
        assert re.sub(r" ([.,!?;:])", r"\1", " ".join(pair.source_words)) == pair.source
        sources, targets = zip(*pair.alignment, strict=True)
        assert len(set(sources)) == len(sources) and len(set(targets)) == len(targets)
        first = corpus.draws.t_start[i]
        for a, b in pair.alignment:
            x, y = pair.source_words[a], pair.target_words[b]
            if names[first + a] and x not in (*words_of("day"), *words_of("month")):
                assert y.split("'")[0] == x
        assert len(other.gloss(i)) == len(pair.target_words)
        if i > 3000:
            break


def test_annotation_is_carried_over(corpus):
    other = corpus.translation()
    linked = other.source >= 0
    for name in ("pos", "relations", "entities"):
        mine, theirs = getattr(corpus, name)(), getattr(other, name)()
        np.testing.assert_array_equal(theirs[linked], mine[other.source[linked]])
    tags = np.array(compiled.ENTITIES)[other.entities()]
    for i in np.flatnonzero(np.char.startswith(tags, "I-")):
        assert tags[i - 1][2:] == tags[i][2:]
    for kind in ("B-PER", "B-LOC", "B-ORG", "B-MISC"):
        assert (tags == kind).sum() == (
            np.array(compiled.ENTITIES)[corpus.entities()] == kind
        ).sum()


def test_praise_and_blame_can_be_read_off_the_translation(corpus):
    """Swapping each word for its opposite always changes the translation."""
    other = corpus.translation()
    polar = defaultdict(set)
    for (_, _, polarity, _), meaning in lexicon().of_slot.items():
        if polarity >= 0:
            polar[lexicon().number[meaning]].add(polarity)
    d = corpus.draws
    plain = corpus.engine.p_opinion[d.pattern] & ~corpus.is_hard()
    votes = np.zeros(len(d.doc))
    for i, lexeme in zip(other.sentence, other.lexeme, strict=True):
        sides = polar.get(int(lexeme), set())
        if len(sides) == 1:
            votes[i] += 2 * next(iter(sides)) - 1
    sure = plain & (votes != 0)
    assert sure.sum() > 0.9 * plain.sum()
    assert ((votes > 0) == (d.polarity == 1))[sure].all()


def test_she_and_he_are_one_word(corpus):
    other = corpus.translation()
    linked = np.flatnonzero(other.source >= 0)
    source = np.char.lower(corpus.words()[other.source[linked]].astype(str))
    target = np.char.lower(other.words()[linked].astype(str))
    assert set(target[np.isin(source, ["she", "he"])].tolist()) == {"ela"}


def test_vocabulary_holds_every_word_and_no_more_than_can_be_said(corpus):
    vocabulary = town.second_vocabulary()
    assert vocabulary == sorted(set(vocabulary))
    assert {w.lower() for w in corpus.translation().words().tolist()} <= set(vocabulary)
    large = town.Town(zipf=0, neutral=0.4, hard=0.4).corpus(30_000).translation()
    used = {w.lower() for w in large.words().tolist()}
    assert used <= set(vocabulary) and len(used) > 0.85 * len(vocabulary)


# --- as data, and for models ---------------------------------------------------------------------
def test_parallel_rows_hold_both_sides(corpus):
    rows = corpus.to_dataset("parallel")
    assert len(rows) == corpus.n_sentences
    assert {"source", "target", "alignment", "domain", "polarity", "hard"} <= set(rows.features)
    pairs = corpus.parallel()
    for i in (0, 7, 999):
        row = rows[i]
        assert (row["source"], row["target"]) == pairs[i][:2]
        assert row["source_tokens"] == pairs[i].source_words
        assert row["target_tokens"] == pairs[i].target_words
        assert [tuple(link) for link in row["alignment"]] == pairs[i].alignment
        for side in ("source", "target"):
            n = len(row[f"{side}_tokens"])
            for name in ("pos", "head", "relation", "entities"):
                assert len(row[f"{side}_{name}"]) == n
        for a, b in row["fused"]:
            assert a < len(row["source_tokens"]) and b < len(row["target_tokens"])


@pytest.mark.parametrize("level", ["document", "sentence"])
def test_rows_in_ondalese_have_the_labels_of_the_english_ones(level):
    made = town.Town(seed=3).corpus(20)
    ours, other = made.to_dataset(level), made.to_dataset(level, "ondalese")
    assert set(ours.features) - set(other.features) <= {"logprob"}
    for name in ("id", "label", "domain", "topic", "polarity", "hard"):
        assert ours[name][:] == other[name][:]
    assert other["text"][:] == (
        made.translations() if level == "document" else made.translation().sentences()
    )
    for row in other:
        bounds = [*row.get("sentence_start", [0]), len(row["tokens"])]
        for a, b in zip(bounds[:-1], bounds[1:], strict=True):
            assert row["head"][a:b].count(-1) == 1
    with pytest.raises(BadValue, match="ondalese"):
        made.to_dataset(level, "french")
    with pytest.raises(BadValue, match="sentence 999"):
        made.translation().gloss(999)


def test_one_door_opens_for_parallel_text_too():
    pairs = data.load("town", n=30, n_test=10, level="parallel", seed=4)
    assert set(pairs) == {"train", "test"} and "target" in pairs["train"].features
    again = data.load("town", split="train", n=30, level="parallel", seed=4)
    assert again["target"][:] == pairs["train"]["target"][:]
    german = data.load("town", split="test", n_test=10, language="ondalese", seed=4)
    english_ = data.load("town", split="test", n_test=10, seed=4)
    assert german["text"][:] != english_["text"][:]
    assert german["label"][:] == english_["label"][:]
    with pytest.raises(UnknownName, match="ondalese"):
        data.load("town", language="ondolese")


def test_tokenizers_know_every_word(corpus):
    second = models.town_tokenizer(language="ondalese")
    both = models.town_tokenizer(language="both", objective="clm")
    texts = corpus.translations()[:200]
    assert len(both) < len(second) + len(models.town_tokenizer())  # names are shared
    for tokenizer, lines in ((second, texts), (both, texts), (both, corpus.texts()[:200])):
        ids = [i for row in tokenizer(lines, add_special_tokens=False)["input_ids"] for i in row]
        assert tokenizer.unk_token_id not in ids
    pair = corpus.parallel()[1]
    assert len(second(pair.target, add_special_tokens=False)["input_ids"]) == len(pair.target_words)
    with pytest.raises(UnknownName, match="both"):
        models.town_tokenizer(language="bot")

"""The grammar of Ondalese: every English pattern put into another order and other forms.

The tree stays the same; what changes is the order of the children around each head, which words
are left out because a suffix says them, and the form that each word takes. The rules:

- the verb comes last; subject, times and places, indirect and direct object go before it;
- after it only the copula, the modal verb, and the particle that says whether (not, never, gladly);
- nouns come first in their phrase: adjective, numeral, determiner and possessor follow;
- "in, on, at, to, of" are case suffixes, all other prepositions are postpositions;
- subordinate clauses go before the main clause, and their conjunction ends them;
- adjectives, participles, verbs and the copula agree in number.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from tl_helpers.town import compiled
from tl_helpers.town.second import english
from tl_helpers.town.second.lexicon import (
    BARE_CATEGORIES,
    PLURAL_CATEGORIES,
    PLURAL_WORDS,
    TRANSLATED_NAMES,
)
from tl_helpers.town.second.words import CASE_OF, COPULA_TENSE, MODALS, PRONOUNS, TENSE_OF_AUX

OPENED = {"conj", "parataxis", "vocative", "appos", "acl:relcl"}  # a mark stands before these

# Place around the head; equal places keep the English order.
FRONTED, CONJUNCTION, EXCLAIMED = -10, -30, -20
BEFORE = {
    "nsubj": 1,
    "csubj": 1,
    "appos": 2,
    "obl": 3,
    "nmod": 3,
    "iobj": 4,
    "advcl": 5,
    "obj": 6,
    "xcomp": 7,
    "ccomp": 7,
    "advmod": 8,
    "compound": 9,
    "discourse": FRONTED,
}
IN_NOUN_PHRASE = {
    "flat": 11,
    "amod": 12,
    "nummod": 13,
    "det": 14,
    "nmod:poss": 15,
    "nmod": 16,
    "appos": 17,
    "acl:relcl": 18,
}
PHRASAL_CONJ, POSTPOSITION, COPULA, AUXILIARY, PARTICLE, SUBORDINATOR = 20, 22, 24, 25, 26, 28
CLAUSE, LAST = 30, 40


@dataclass
class Translated:
    """A pattern of Ondalese. Lists run over its words, in its order."""

    source: list[int] = field(default_factory=list)  # position in the English pattern; -1 inserted
    form: list[str] = field(default_factory=list)
    head: list[int] = field(default_factory=list)
    relation: list[str] = field(default_factory=list)
    pos: list[str] = field(default_factory=list)
    fused: list[tuple[int, int]] = field(default_factory=list)  # English word said by a suffix of


class _Tree:
    """One English pattern, read from its heads."""

    def __init__(self, p: compiled.Pattern) -> None:
        self.p = p
        self.children: list[list[int]] = [[] for _ in p.symbols]
        for i, h in enumerate(p.heads):
            if h >= 0:
                self.children[h].append(i)
        self.fused: list[tuple[int, int]] = []
        self.dropped: set[int] = set()

    def pos(self, i: int) -> str:
        return self.p.symbols[i].pos

    def rel(self, i: int) -> str:
        return self.p.relations[i]

    def word(self, i: int) -> str:
        s = self.p.symbols[i]
        return s.name if s.kind == "literal" else ""

    def child(self, i: int, *relations: str) -> int | None:
        return next((j for j in self.children[i] if self.rel(j) in relations), None)

    # --- features --------------------------------------------------------------------------------
    def own_number(self, i: int) -> str:
        s = self.p.symbols[i]
        if s.kind == "literal" and s.pos == "PRON":
            return PRONOUNS[s.name][1] if s.name in PRONOUNS else "sg"
        many = s.name in PLURAL_WORDS if s.kind == "literal" else s.name in PLURAL_CATEGORIES
        return "pl" if many or s.pos == "NUM" else "sg"

    def number(self, i: int) -> str:
        """As a subject: joined nouns are many."""
        joined = self.child(i, "conj") is not None and self.is_nominal(i)
        return "pl" if joined else self.own_number(i)

    def is_nominal(self, i: int) -> bool:
        return self.pos(i) in ("NOUN", "PROPN", "PRON", "NUM")

    def subject_number(self, i: int) -> str:
        subject = self.child(i, "nsubj")
        if subject is not None:
            return self.number(subject)
        head = self.p.heads[i]
        if self.rel(i) == "conj":
            return self.subject_number(head)
        if self.rel(i) == "xcomp":
            thing = self.child(head, "obj")
            return self.subject_number(head) if thing is None else self.number(thing)
        return "sg"

    def is_clause(self, i: int) -> bool:
        """Whether a conjunct is a clause of its own."""
        return self.pos(i) == "VERB" or self.child(i, "nsubj", "cop") is not None

    def is_finite_clause_before(self, i: int) -> bool:
        mark = self.child(i, "mark")
        return self.rel(i) == "advcl" and mark is not None and self.word(mark) != "to"

    # --- forms -----------------------------------------------------------------------------------
    def case(self, i: int) -> str:
        marker = self.child(i, "case")
        if marker is not None:
            return CASE_OF.get(self.word(marker), "nom")
        relation = self.rel(i)
        if relation == "conj" and self.is_nominal(self.p.heads[i]):
            return self.case(self.p.heads[i])
        return {"nmod:poss": "gen", "obj": "acc", "iobj": "dat", "obl": "loc"}.get(relation, "nom")

    def tense(self, i: int) -> str:
        """Of the verb or copula that the auxiliaries of ``i`` go with."""
        auxiliaries = [self.word(j) for j in self.children[i] if self.rel(j) == "aux"]
        if any(w in MODALS for w in auxiliaries):
            return "inf"
        if any(w == "have" for w in auxiliaries):
            return "past"
        for w in auxiliaries:
            if w in TENSE_OF_AUX:
                return TENSE_OF_AUX[w]
        return "inf" if self.marked_to(i) else ""

    def marked_to(self, i: int) -> bool:
        return any(self.rel(j) == "mark" and self.word(j) == "to" for j in self.children[i])

    def form(self, i: int) -> str:
        s, relation = self.p.symbols[i], self.rel(i)
        if s.pos == "ADJ":
            if relation == "amod":
                return f"adj.{self.own_number(self.p.heads[i])}"
            return f"adj.{self.subject_number(i)}"
        if (
            s.pos == "PROPN"
            and s.name not in TRANSLATED_NAMES
            and relation in ("flat", "compound", "appos")
        ):
            return "plain"
        if s.pos in ("NOUN", "PROPN", "PRON"):
            return f"{self.case(i)}.{self.own_number(i)}"
        if relation == "cop" or (s.pos == "VERB" and self.word(i) in COPULA_TENSE):
            owner = self.p.heads[i] if relation == "cop" else i
            tense = self.tense(owner) or COPULA_TENSE.get(self.word(i), "inf")
            return tense if tense == "inf" else f"{tense}.{self.subject_number(owner)}"
        if relation == "aux:pass":
            return f"{COPULA_TENSE[self.word(i)]}.{self.subject_number(self.p.heads[i])}"
        if s.pos == "VERB" and relation != "case":
            return self.verb_form(i)
        return "plain"

    def verb_form(self, i: int) -> str:
        s = self.p.symbols[i]
        number = self.subject_number(i)
        if self.child(i, "aux:pass") is not None:
            return f"ptcp.{number}"
        tense = self.tense(i)
        if not tense:
            bare = s.name in BARE_CATEGORIES
            tense = {"past": "past", "pres": "pres", "bare": "bare"}[
                english.verb_form(s.name)[1] if s.kind == "literal" else "bare" if bare else "past"
            ]
        if tense == "bare":
            tense = "imp" if self.child(i, "nsubj") is None else "pres"
        return tense if tense in ("inf", "imp") else f"{tense}.{number}"

    # --- order -----------------------------------------------------------------------------------
    def drop(self) -> None:
        """Find the words that Ondalese leaves out; a suffix of ``fused`` says some of them."""
        for i, s in enumerate(self.p.symbols):
            word, relation, head = self.word(i), self.rel(i), self.p.heads[i]
            host: int | None = head
            if s.kind == "article" or (relation == "det" and word in ("the", "a", "an")):
                host = None
            elif relation == "expl":
                host = None
            elif relation == "aux" and word not in MODALS:
                copula = self.child(head, "cop")
                host = head if copula is None else copula
            elif relation == "mark" and word == "to":
                copula = self.child(head, "cop")
                host = head if copula is None else copula
            elif relation == "case" and word in CASE_OF:
                pass
            elif relation == "fixed":  # it belongs to one word with its head or its head's marker
                marker = self.child(head, "case")
                host = head if marker is None else marker
            else:
                continue
            self.dropped.add(i)
            if host is not None:
                self.fused.append((i, host))

    def place(self, head: int, i: int, fronted: set[int]) -> int:
        relation, word = self.rel(i), self.word(i)
        if i in fronted or self.is_finite_clause_before(i):
            return FRONTED
        if relation == "cc":
            return CONJUNCTION
        if relation == "mark":
            return EXCLAIMED if self.pos(i) == "DET" else SUBORDINATOR
        if relation == "case":
            return POSTPOSITION
        if relation in ("cop", "aux:pass"):
            return COPULA
        if relation == "aux":
            return AUXILIARY
        if relation == "advmod" and (
            word == "not" or self.p.symbols[i].name == "again" and self.p.symbols[i].kind == "slot"
        ):
            return PARTICLE
        if relation == "conj" and not self.is_clause(i):
            return PHRASAL_CONJ
        if relation in ("conj", "parataxis", "vocative"):
            return CLAUSE
        if self.is_nominal(head) and relation in IN_NOUN_PHRASE:
            return IN_NOUN_PHRASE[relation]
        return BEFORE[relation]

    def line(self, head: int) -> list[tuple[int, int]]:
        """The subtree of ``head`` in order: (position, -1), or (-1, head) for a new comma."""
        own = sorted([*self.children[head], head])
        marks = [k for k in own if self.pos(k) == "PUNCT" and k != head]
        ends_sentence = self.rel(head) == "root" and marks and marks[-1] == own[-1]
        last = marks.pop() if ends_sentence else None
        before, after, fronted = self.attached(head, own, marks)
        elsewhere = {*marks, *self.dropped, last}.union(*before.values())
        kept = [k for k in self.children[head] if k not in elsewhere]
        placed = [(self.place(head, k, fronted), k) for k in kept]
        out: list[tuple[int, int]] = []
        for _, k in sorted([*placed, (10, head)]):
            if k == head:
                out.append((head, -1))
                continue
            out += [(j, -1) for j in before.get(k, [])]
            out += self.line(k)
            out += [(j, -1) for j in after.get(k, [])]
            needs_comma = self.rel(k) == "acl:relcl" or self.is_finite_clause_before(k)
            if needs_comma and k not in after:
                out.append((-1, head))
        return [*out, (last, -1)] if last is not None else out

    def attached(
        self, head: int, own: list[int], marks: list[int]
    ) -> tuple[dict[int, list[int]], dict[int, list[int]], set[int]]:
        """The words that move with a child of ``head``: before it, and after it; and the children
        that stand in front of a comma and keep that place.

        Before it go the mark that opens a clause and the conjunction of what is joined, after it
        the mark that ends it. Marks with neither are dropped.
        """
        before: dict[int, list[int]] = {}
        after: dict[int, list[int]] = {}
        fronted: set[int] = set()
        for k in marks:
            at = own.index(k)
            following = own[at + 1] if at + 1 < len(own) else None
            previous = own[at - 1]
            if following is not None and self.rel(following) in OPENED:
                before.setdefault(following, []).append(k)
            elif previous != head and (k < head or self.rel(previous) in OPENED):
                after.setdefault(previous, []).append(k)
                if self.rel(previous) not in OPENED:
                    fronted |= {j for j in own[:at] if j not in marks}
            else:
                self.dropped.add(k)
        for a, b in itertools.pairwise(own):
            if self.rel(a) == "cc" and a in self.children[head] and self.rel(b) == "conj":
                before.setdefault(b, []).append(a)
        return before, after, fronted


def translate(p: compiled.Pattern) -> Translated:
    """The pattern of Ondalese for an English one.

    Example:
        >>> from tl_helpers.town import compiled
        >>> translate(compiled.patterns()[0]).form[:3]
        ['nom.sg', 'loc.sg', 'plain']
    """
    tree = _Tree(p)
    tree.drop()
    order = tree.line(p.heads.index(-1))
    at = {k: n for n, (k, _) in enumerate(order) if k >= 0}
    out = Translated(fused=[(i, at[host]) for i, host in tree.fused])
    for k, comma_head in order:
        out.source.append(k)
        if k < 0:
            out.form.append("plain")
            out.head.append(at[comma_head])
            out.relation.append("punct")
            out.pos.append("PUNCT")
        else:
            out.form.append(tree.form(k))
            out.head.append(-1 if p.heads[k] < 0 else at[p.heads[k]])
            out.relation.append(p.relations[k])
            out.pos.append(p.symbols[k].pos)
    return out

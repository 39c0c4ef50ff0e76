"""Metrics and tokenizers in other alphabets, against cases computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tl_helpers import models
from tl_helpers.core import scripts
from tl_helpers.core.errors import BadValue
from tl_helpers.measure import evaluate

#: Script -> a reference, and the same with one word of six (of scripts without blanks: letter)
#: exchanged: the fourth.
CASES = {
    "Latin": ("der hund schläft heute über mittag", "der hund schläft morgen über mittag"),
    "Cyrillic": ("старый кот спит дома весь день", "старый кот спит тут весь день"),
    "Greek": ("ο σκύλος μου κοιμάται όλη μέρα", "ο σκύλος μου τρώει όλη μέρα"),
    "Arabic": ("القط الصغير ينام هنا كل يوم", "القط الصغير ينام هناك كل يوم"),
    "Devanagari": ("बिल्ली आज घर में बहुत सोती", "बिल्ली आज घर पर बहुत सोती"),
    "Hangul": ("고양이가 오늘 집에서 하루 종일 잤다", "고양이가 오늘 집에서 이틀 종일 잤다"),
    "Chinese": ("今天天气很好", "今天天色很好"),
    "Japanese": ("ねこはねむい", "ねこはさむい"),
    "Thai": ("กขคงจฉ", "กขคชจฉ"),
}


@pytest.mark.parametrize("script", CASES)
def test_rouge_by_hand(script):
    reference, guess = CASES[script]
    assert evaluate.rouge([reference], [reference]) == {"rouge1": 1, "rouge2": 1, "rougeL": 1}
    assert len(scripts.words(reference)) == 6
    found = evaluate.rouge([reference], [guess])
    # 5 of 6 words, 3 of 5 pairs, and the longest common row has 5 of 6.
    assert found == pytest.approx({"rouge1": 5 / 6, "rouge2": 3 / 5, "rougeL": 5 / 6})
    assert evaluate.rouge([reference], ["..."])["rouge1"] == 0


@pytest.mark.parametrize("script", CASES)
def test_bleu_by_hand(script):
    reference, guess = (text + " " + text[::1] for text in CASES[script])
    assert evaluate.bleu([reference], [reference]) == pytest.approx(100)
    # Twice six words: 10 of 12; of 11 pairs 4 have an exchanged word, of 10 triples 6 (of the
    # three places of a triple, twice), of 9 quadruples 8.
    exact = 100 * math.exp(np.mean(np.log([10 / 12, 7 / 11, 4 / 10, 2 / 9])))
    assert evaluate.bleu([reference], [guess]) == pytest.approx(exact)


def test_bleu_of_chinese_is_that_of_the_library_s_tokenizer_for_it():
    import sacrebleu

    truth = ["今天天气很好，我们去公园。", "我喜欢这部电影 very much"]
    guess = ["今天天气很好，我们去学校。", "我喜欢那部电影 very much"]
    twin = sacrebleu.corpus_bleu(guess, [truth], tokenize="zh").score
    assert evaluate.bleu(truth, guess) == pytest.approx(twin) and 20 < twin < 100
    english = ["the cat sat, on the mat."], ["the cat sat on the mat."]
    assert evaluate.bleu(*english) == sacrebleu.corpus_bleu(english[1], [english[0]]).score


@pytest.mark.parametrize("script", CASES)
def test_chrf_by_hand(script):
    reference, guess = CASES[script]
    assert evaluate.chrf([reference], [reference]) == pytest.approx(1)
    assert 0.2 < evaluate.chrf([reference], [guess]) < 1
    # One letter of two: 1/2 of the single letters, no pair; nothing longer is there.
    assert evaluate.chrf(["ab"], ["ac"]) == pytest.approx(0.25)


@pytest.mark.parametrize("script", CASES)
def test_classes_and_spans_may_have_names_in_any_script(script):
    name, other = CASES[script]
    assert evaluate.accuracy([name, other], [name, name]) == 0.5
    assert evaluate.macro_f1([name, other], [name, name]) == pytest.approx((2 / 3 + 0) / 2)
    tags = [[f"B-{name}", f"I-{name}", "O", f"B-{other}"]]
    # One of two spans found, none too many: precision 1, recall 1/2.
    assert evaluate.span_f1(tags, [[*tags[0][:3], "O"]]) == pytest.approx(2 / 3)


def test_accents_are_the_same_however_they_are_encoded():
    assert scripts.words("Caf\u00e9") == scripts.words("Cafe\u0301") == ["caf\u00e9"]
    assert evaluate.rouge(["caf\u00e9 noir"], ["cafe\u0301 noir"])["rouge2"] == 1


def test_bleu_and_chrf_read_accents_alike_too():
    composed = "\u00e9t\u00e9 caf\u00e9 \u00fcber alles gut"
    apart = "e\u0301te\u0301 cafe\u0301 u\u0308ber alles gut"
    for one, other in ((composed, apart), (apart, composed)):
        assert evaluate.bleu([one], [other]) == pytest.approx(100)
        assert evaluate.chrf([one], [other]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("joined", "apart"),
    [
        ("बिल्ली लाल चटाई पर बैठी।", "बिल्ली लाल चटाई पर बैठी ।"),
        ("هل جلس القط هنا؟", "هل جلس القط هنا ؟"),
        ("نعم، جلس القط هنا", "نعم ، جلس القط هنا"),
        ("ድመቷ እዚህ ዛሬ ተኛች።", "ድመቷ እዚህ ዛሬ ተኛች ።"),
    ],
)
def test_marks_of_other_scripts_are_no_part_of_a_word(joined, apart):
    assert evaluate.bleu([joined], [apart]) == pytest.approx(100)
    assert evaluate.rouge([joined], [apart])["rouge2"] == 1


def test_signs_inside_words_and_numbers_stay():
    for text in ("צה״ל נכנס לכאן", "١٬٢٣٤ درهم"):
        assert scripts.parts(text) == text


def test_each_emoji_is_a_word_and_width_is_none():
    soup, film, family = "\U0001f35c", "\U0001f3ac", "\U0001f469\u200d\U0001f467"
    assert evaluate.rouge([f"good {soup}"], [f"good {film}"])["rouge1"] == 0.5
    assert evaluate.rouge([soup], [soup])["rouge1"] == 1
    assert scripts.words(f"a{soup}{soup}, {family}!") == ["a", soup, soup, family]
    assert scripts.words("\u2764\ufe0f") == scripts.words("\u2764") == ["\u2764"]
    german = "\U0001f1e9\U0001f1ea"
    assert scripts.words(german * 2) == [german, german]
    assert scripts.words("\uff21\uff22\uff23 \uff11") == ["abc", "1"]


@pytest.mark.parametrize("metric", [evaluate.bleu, evaluate.rouge, evaluate.chrf])
def test_a_reference_in_which_nothing_could_be_right(metric):
    for empty in ("", "  "):
        with pytest.raises(BadValue, match=r"truth\[1\](.|\n)*Leave the example out"):
            metric(["one two three four", empty], ["one two three four", "x"])
    if metric is evaluate.rouge:
        with pytest.raises(BadValue, match=r"truth\[0\].*no word"):
            metric(["\u2026!"], ["\u2026!"])
    if metric is evaluate.bleu:
        with pytest.raises(BadValue, match="four words"):
            metric(["Good one."], ["Good one."])


def test_words_on_one_side_and_numbers_on_the_other():
    for metric in (evaluate.accuracy, evaluate.macro_f1):
        with pytest.raises(BadValue, match="none would ever agree"):
            metric([1, 0], ["1", "0"])
        assert metric([1.0, 0.0], np.array([1, 0])) == metric([True, False], [1, 0]) == 1.0


SENTENCES = [
    "今天天气很好，我们去公园散步。",
    "我喜欢这部电影，因为演员很好。",
    "这家餐厅的菜很好吃，我们明天再去。",
    "公园里的花很好看，天气也很好。",
] * 5


@pytest.mark.parametrize("kind", ["wordpiece", "bpe"])
def test_a_tokenizer_keeps_the_letters_of_a_large_alphabet(kind):
    tokenizer = models.train_tokenizer(SENTENCES, 600, kind=kind)
    ids = tokenizer(SENTENCES, add_special_tokens=False)["input_ids"]
    assert tokenizer.unk_token_id not in {i for row in ids for i in row}
    assert tokenizer.unk_token_id not in tokenizer("公园很好看")["input_ids"]


def test_hundreds_of_letters_are_kept_as_far_as_there_is_room(capsys):
    many = [chr(0x4E00 + i) * 2 for i in range(400)]
    tokenizer = models.train_tokenizer(many, 500)
    assert tokenizer.unk_token_id not in {i for row in tokenizer(many)["input_ids"] for i in row}
    assert "Note" not in capsys.readouterr().out
    small = models.train_tokenizer(many, 300)
    said = capsys.readouterr().out
    unknown = sum(small.unk_token_id in row for row in small(many)["input_ids"])
    assert unknown == 400 - 295 and f"{unknown / 400:.1%} of the letters" in said


def test_a_long_stretch_without_blanks_is_not_unknown():
    thai = "กขคงจฉชซ" * 40
    tokenizer = models.train_tokenizer([thai] * 3, 400)
    assert tokenizer.unk_token_id not in tokenizer(thai)["input_ids"]

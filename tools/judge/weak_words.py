"""Weak: common words by a simple rule, or a phrase that everybody knows."""

import disguise
from draw import Pool, weak
from people import facts, plain
from weak_listed import TAILS, YEARS

JOINERS = ["", " ", "-", "_", "."]
TEMPLATES = Pool(
    [
        "MyPasswordIs{}", "mypasswordis{}", "ThisIsMyPassword{}", "ILove{}", "iloveyou{}", "{}IsMyLife", "LetMeIn{}Please",
        "Welcome{}Welcome",
        "I hate {} so much", "password for {}", "{}password{}", "admin{}admin", "my favorite {} is", "ThePasswordIs{}", "I<3{}",
        "IHeart{}Forever",
        "{}4ever{}4ever", "dont forget {}", "my secret {}", "change me {}", "{} is the best", "no password {}", "test{}test",
        "Hello{}Goodbye",
        "mot de passe {}", "micontrasena{}", "meinpasswort{}", "minhasenha{}", "TeQuieroMucho{}", "JeT'aime{}", "IchLiebe{}",
        "EuAmo{}",
        "GodBless{}", "ThankYou{}", "TrustNo{}", "SuperMan{}Batman", "{}123456789", "qwerty{}qwerty", "000{}000{}000", "{}.{}.{}",
    ]
)
RUSSIAN_WORDS = Pool(
    "пароль любовь солнце привет россия москва машина собака кошка мамочка наташа сергей александр дмитрий андрей марина светлана "
    "спартак зенит победа счастье жизнь дружба лето осень весна зимушка красота волшебник медведь дракон принцесса ангел звезда "
    "компьютер клавиатура телефон интернет музыка гитара футбол хоккей шоколад конфета деньги миллион золото океан планета космос "
    "ромашка береза лисенок зайчик котенок солнышко любимая любимый малышка бабушка дедушка учитель работа деревня столица".split(),
    5_000,
)
OTHER_SCRIPTS = Pool(
    "密码密码密码 我爱你中国 你好世界 一二三四五六七八 恭喜发财 パスワード ありがとう さくらさくら こんにちは おはよう "
    "비밀번호 사랑해요 안녕하세요 대한민국 감사합니다 κωδικός ελλάδα αγάπη καλημέρα θάλασσα سلام عليكم كلمةالسر حبيبي السلام مرحبا "
    "שלום סיסמה ישראל אהבה ירושלים पासवर्ड नमस्ते भारत प्यार धन्यवाद รหัสผ่าน สวัสดี ประเทศไทย ความรัก ขอบคุณ "
    "გამარჯობა საქართველო სიყვარული բարեւ հայաստան".split(),
    5_000 * 10,
)
TENS = {2: "twenty", 3: "thirty", 4: "forty", 5: "fifty", 6: "sixty", 7: "seventy", 8: "eighty", 9: "ninety"}
ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
SENTENCE = {
    "who": ["I", "We", "You", "They", "My mom", "My dad", "My dog", "My cat"],
    "does": ["like", "love", "hate", "want", "need", "have", "see", "miss", "know", "eat"],
    "whose": ["the", "my", "your", "a", "this", "that", "her", "his"],
}
URLS = [
    "https://www.{}.com/", "http://{}.com/login", "www.{}.com.au", "https://{}.org/index.html", "http://www.{}.net",
    "ftp://{}.com/pub"
]


@weak(500 * 500 * 77 * 5)
def word_word_year(draw):
    """500 most common words of the person's language, two of them, x 77 years x 5 joiners: 96,250,000."""
    words = draw.lists.common[draw.language][500]
    first, second = draw.pick(words), draw.pick(words)
    return draw.one(JOINERS).join([first, second, str(draw.one(YEARS))])


@weak(1_000 * 1_000 * 20 * 3)
def word_word_tail(draw):
    """1,000 most common words, two of them, x 20 tails x 3 ways with case."""
    words = draw.lists.common[draw.language][1_000]
    first, second, tail = draw.pick(words), draw.pick(words), draw.pick(TAILS)
    return draw.one([first + second, first.title() + second.title(), first.title() + second]) + tail


@weak(500**3, only_test=True)
def three_common_words(draw):
    """500 most common words, three of them: 125,000,000."""
    words = draw.lists.common[draw.language][500]
    return "".join(draw.pick(words) for _ in range(3))


@weak(400**3 * 2, only_test=True)
def three_common_words_with_spaces(draw):
    """400 most common words, three of them, x space or capitals: 128,000,000."""
    words = draw.lists.common[draw.language][400]
    three = [draw.pick(words) for _ in range(3)]
    return draw.one([" ".join(three), "".join(word.title() for word in three)])


@weak(5_000 * 5 * 4)
def word_repeated(draw):
    """5,000 words x 5 joiners x 4 times over."""
    word = draw.pick(draw.lists.common[draw.language][5_000])
    return draw.one(JOINERS).join([word] * draw.number(2, 5))


@weak(5_000 * 9 * 5 * 77, only_test=True)
def word_year_repeated(draw):
    """5,000 words with a capital and one of 77 years x 5 joiners x 9 tails, twice over."""
    unit = draw.pick(draw.lists.common[draw.language][5_000]).title() + str(draw.one(YEARS)) + draw.one(["", *"!?.#$*@1"])
    return draw.one(JOINERS).join([unit] * 2)


@weak(40_000 * 1_000, only_test=True)
def long_word_and_digits(draw):
    """At most 40,000 words of a dictionary x up to three digits."""
    word = draw.pick(draw.lists.dictionary_words.where(lambda word: len(word) >= 12))
    return word + f"{draw.number(0, 999):03d}"


@weak(40_000 * 2)
def long_word(draw):
    """At most 40,000 words of a dictionary x a capital or none."""
    word = draw.pick(draw.lists.dictionary_words.where(lambda word: len(word) >= 15))
    return draw.one([word, word.capitalize()])


@weak(40_000 * 20 * 5, only_test=True)
def long_word_in_leet_and_tail(draw):
    """At most 40,000 words of a dictionary x 20 tails x 5 tables."""
    word = draw.pick(draw.lists.dictionary_words.where(lambda word: len(word) >= 13))
    return word.capitalize().translate(draw.one(disguise.LEET)) + draw.pick(TAILS)


@weak(5_000 * 40 * 10)
def template(draw):
    """5,000 words x 40 templates x 10 tails."""
    word = draw.pick(draw.lists.common[draw.language][5_000])
    text = draw.pick(TEMPLATES).replace("{}", draw.one([word, word.title()]))
    return text + draw.one(["", "!", "1", "123", "?"])


@weak(2_000 * 77 * 8, only_test=True)
def i_love_name_year(draw):
    """2,000 given names x 77 years x 8 templates."""
    forms = [
        "ILove{}{}", "iloveyou{}{}", "{0}ForEver{1}", "I love {} {}", "TeAmo{}{}", "JeTAime{}{}", "mi{0}linda{1}",
        "my{0}baby{1}"
    ]
    return draw.one(forms).format(draw.pick(draw.lists.given[draw.language]).title(), draw.one(YEARS))


@weak(8 * 10 * 8 * 1_000 * 4)
def plain_sentence(draw):
    """8 x 10 x 8 openings x 1,000 most common words x 4 endings: 2,560,000."""
    words = [draw.one(SENTENCE[part]) for part in ("who", "does", "whose")]
    return " ".join([*words, draw.pick(draw.lists.common["en"][1_000])]) + draw.one([".", "!", "", " a lot"])


@weak(100_000 * 8)
def known_phrase(draw):
    """100,000 phrases that everybody knows, of which this draws some, x 8 ways to write them."""
    phrase = draw.pick(draw.lists.phrases["en"])
    words = phrase.split()
    titles = [word.title() for word in words]
    return draw.one(
        [
            "".join(words), phrase, "-".join(words), "".join(titles), "_".join(words), phrase.capitalize() + ".",
            " ".join(titles), phrase.upper()
        ]
    )


@weak(100_000 * 10 * 8, only_test=True)
def known_phrase_in_another_language(draw):
    """100,000 phrases x 10 languages, of which this draws some, x 8 ways to write them."""
    phrase = draw.pick(draw.lists.phrases[draw.one(("es", "de", "fr", "pt", "it", "la", "zh", "ja", "ru", "pl"))])
    words = phrase.split()
    titles = [word.title() for word in words]
    return draw.one(
        [
            "".join(words), phrase, "-".join(words), "".join(titles), ".".join(words), phrase.capitalize() + "!",
            " ".join(titles), phrase.upper()
        ]
    )


@weak(100_000 * 77 * 4, only_test=True)
def known_phrase_and_tail(draw):
    """100,000 phrases x one of 77 years x 4 ways to write them; or one of 20 tails."""
    words = draw.pick(draw.lists.phrases["en"]).split()
    phrase = draw.one(["".join(words), " ".join(words), "".join(word.title() for word in words), "-".join(words)])
    return phrase + (draw.pick(TAILS) if draw.random.random() < 0.5 else str(draw.one(YEARS)))


@weak(100_000 * 5 * 20, only_test=True)
def known_phrase_in_leet(draw):
    """100,000 phrases x 5 tables x 20 tails."""
    return draw.pick(draw.lists.phrases["en"]).replace(" ", "").translate(draw.one(disguise.LEET)) + draw.pick(TAILS)


@weak(100_000 * 5 * 77)
def first_letters_of_a_phrase(draw):
    """100,000 phrases x 5 languages x 77 years: first letters three times, or twice with the year."""
    words = draw.pick(draw.lists.phrases[draw.one(("en", "es", "de", "fr", "pt"))]).split()
    letters = "".join(word[0] for word in words)
    return letters * 3 if draw.random.random() < 0.5 else (letters + str(draw.one(YEARS))) * 2


@weak(5_000 * 6)
def address_of_a_page(draw):
    """5,000 words x 6 forms of a URL."""
    return draw.one(URLS).format(plain(draw.pick(draw.lists.common[draw.language][5_000])))


@weak(5_000 * 4)
def russian_word_on_latin_keys(draw):
    """5,000 Russian words, of which this draws some, x 4 ways: as typed on Latin keys, repeated or not."""
    word = draw.pick(RUSSIAN_WORDS).translate(disguise.FROM_RUSSIAN)
    return draw.one([word * 2, word * 3, word + "123" + word, word + word + "1"])


@weak(5_000 * 5_000, only_test=True)
def russian_words(draw):
    """5,000 Russian words, two of them."""
    return draw.pick(RUSSIAN_WORDS) + draw.pick(RUSSIAN_WORDS)


@weak(5_000 * 3 * 3, only_test=True)
def latin_word_on_russian_keys(draw):
    """5,000 words, as typed on Russian keys, x 3 times over x 3 joiners."""
    word = plain(draw.pick(draw.lists.common["en"][5_000])).translate(disguise.TO_RUSSIAN)
    return draw.one(["", "-", " "]).join([word] * draw.number(2, 4))


@weak(50_000 * 5 * 7 * 10, only_test=True)
def word_of_another_script(draw):
    """5,000 words of ten languages, of which this draws some, two to eight times over x 5 joiners x 10 digits behind."""
    joiner = draw.one(["", " ", "-", ".", "_"])
    return joiner.join([draw.pick(OTHER_SCRIPTS)] * draw.number(2, 8)) + joiner + str(draw.number(0, 9))


@weak(80 * 80 * 4, only_test=True)
def years_in_words(draw):
    """Two of 80 years x 4 ways to write them: nineteentwentyone and its like."""
    words = []
    for _ in range(2):
        ten, one = divmod(draw.number(20, 99), 10)
        words += ["nineteen", TENS[ten], *([ONES[one]] if one else [])]
    return draw.one(["".join(words), " ".join(words), "-".join(words), "".join(word.title() for word in words)])


@weak(1_000 * 1_000 * 2 * 10, only_test=True)
def word_inside_a_word(draw):
    """1,000 most common words, two of them, one in the middle of the other, twice over x 2 x 10 digits."""
    words = draw.lists.common[draw.language][1_000]
    outer, inner = draw.pick(words), draw.pick(words).upper()
    unit = outer[: len(outer) // 2] + inner + outer[len(outer) // 2 :]
    return draw.one([unit * 2, f"{unit}-{unit}"]) + str(draw.number(0, 9))


@weak(100_000 * 6, only_test=True)
def own_name_in_a_known_phrase(draw):
    """100,000 phrases x 6 of the person's names, before or behind."""
    phrase = draw.pick(draw.lists.phrases["en"])
    own = facts(draw)
    name = draw.one([own["given"], own["family"], own["username"]])
    return draw.one([f"{name} {phrase}", "".join(phrase.split()) + name])


@weak(5_000 * 10_000, floor=8)
def word_and_digits(draw):
    """5,000 words x up to four digits: 50,000,000."""
    return draw.pick(draw.lists.common[draw.language][5_000]) + f"{draw.number(0, 9_999):04d}"


@weak(5_000 * 77 * 20, floor=8)
def word_year_sign(draw):
    """5,000 words with a capital x 77 years x 20 tails."""
    return draw.pick(draw.lists.common[draw.language][5_000]).title() + str(draw.one(YEARS)) + draw.pick(TAILS)


@weak(1_000 * 1_000 * 5, floor=8)
def two_common_words(draw):
    """1,000 most common words, two of them, x 5 joiners."""
    words = draw.lists.common[draw.language][1_000]
    return draw.pick(words) + draw.one(JOINERS) + draw.pick(words)


@weak(5_000 * 5 * 20 * 2, floor=8, only_test=True)
def word_in_leet_and_tail(draw):
    """5,000 words x 5 tables x 20 tails x a capital or none."""
    word = draw.pick(draw.lists.common[draw.language][5_000])
    return draw.one([word, word.capitalize()]).translate(draw.one(disguise.LEET)) + draw.pick(TAILS)


@weak(40_000 * 3, floor=8, only_test=True)
def dictionary_word(draw):
    """At most 40,000 words of a dictionary x 3 ways with case."""
    word = draw.pick(draw.lists.dictionary_words.where(lambda word: len(word) >= 8))
    return draw.one([word, word.capitalize(), word.upper()])


@weak(5_000 * 1_000 * 8, floor=8, only_test=True)
def digits_around_a_word(draw):
    """5,000 words x three digits x 8 places and signs."""
    word, digits = draw.pick(draw.lists.common[draw.language][5_000]), f"{draw.number(0, 999):03d}"
    forms = [
        digits + word, digits + word + "!", digits + word + digits, digits + "-" + word, f"!{word}{digits}",
        f"{digits}{word.title()}", f"{word}@{digits}", f"#{word}#{digits}"
    ]
    return draw.one(forms)

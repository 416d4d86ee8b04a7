"""Weak: a common word in a code that everybody has at hand, and snippets that everybody has seen."""

import disguise
from draw import Pool, weak
from weak_listed import TAILS, YEARS

COUNTING = Pool(
    [
        ("one two three four five six seven eight nine ten", "en"), ("uno dos tres cuatro cinco seis siete ocho nueve diez", "es"),
        ("eins zwei drei vier fuenf sechs sieben acht neun zehn", "de"), ("un deux trois quatre cinq six sept huit neuf dix", "fr"),
        ("um dois tres quatro cinco seis sete oito nove dez", "pt"), ("uno due tre quattro cinque sei sette otto nove dieci", "it"),
        ("satu dua tiga empat lima enam tujuh delapan sembilan sepuluh", "id"),
        ("ichi ni san shi go roku shichi hachi kyuu juu", "ja"),
        ("yi er san si wu liu qi ba jiu shi", "zh"), ("odin dva tri chetyre pyat shest sem vosem devyat desyat", "ru"),
        ("hana dul set net daseot yeoseot ilgop yeodeol ahop yeol", "ko"),
        ("jeden dwa trzy cztery piec szesc siedem osiem dziewiec", "pl"),
    ]
)
LISTS = Pool(
    [
        "monday tuesday wednesday thursday friday saturday sunday",
        "january february march april may june july august september october november december",
        "lunes martes miercoles jueves viernes sabado domingo",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "montag dienstag mittwoch donnerstag freitag samstag sonntag", "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "segunda terca quarta quinta sexta sabado domingo",
        "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
        "red orange yellow green blue indigo violet", "spring summer autumn winter",
        "primavera verano otono invierno", "rojo amarillo verde azul negro blanco",
        "mercury venus earth mars jupiter saturn uranus neptune pluto", "north east south west",
        "aries taurus gemini cancer leo virgo libra scorpio sagittarius capricorn aquarius pisces", "do re mi fa sol la si do",
        "alpha beta gamma delta epsilon zeta eta theta",
        "hydrogen helium lithium beryllium boron carbon", "clubs diamonds hearts spades",
        "rat ox tiger rabbit dragon snake horse goat monkey rooster dog pig", "aleph beth gimel daleth he vav",
        "matthew mark luke john acts romans", "genesis exodus leviticus numbers deuteronomy",
        "first second third fourth fifth sixth", "primero segundo tercero cuarto quinto",
        "earth wind fire water air", "knife fork spoon plate cup", "father son holy spirit amen", "john paul george ringo",
        "athos porthos aramis dartagnan",
    ],
    1_000,
)
CHESS = Pool(
    [
        "1.e4 e5 2.Nf3 Nc6 3.Bb5", "1.e4 e5 2.Nf3 Nc6 3.Bc4", "1.d4 d5 2.c4 e6 3.Nc3", "1.e4 c5 2.Nf3 d6 3.d4",
        "1.d4 Nf6 2.c4 g6 3.Nc3", "1.e4 e6 2.d4 d5 3.Nc3",
        "1.e4 c6 2.d4 d5 3.exd5", "1.c4 e5 2.Nc3 Nf6", "1.e4 e5 2.f4 exf4 3.Nf3", "e4e5Nf3Nc6Bb5a6Ba4", "d4d5c4e6Nc3Nf6Bg5",
        "sicilian defense najdorf", "queens gambit declined",
        "ruy lopez exchange", "kings indian defense", "caro kann advance", "french defense winawer",
        "1.e4 e5 2.Qh5 Nc6 3.Bc4 Nf6 4.Qxf7#",
    ],
    10_000,
)
SNIPPETS = Pool(
    [
        "' OR '1'='1' --", "' OR 1=1; DROP TABLE users; --", "Robert'); DROP TABLE Students;--", "SELECT * FROM users;",
        "SELECT * FROM users WHERE id = 1", "<script>alert(1)</script>",
        "<script>alert('XSS')</script>", "<img src=x onerror=alert(1)>", "../../../../etc/passwd",
        "rm -rf / --no-preserve-root", ":(){ :|:& };: fork bomb", "#include <stdio.h>",
        'System.out.println("Hello World");', 'print("Hello, World!")', 'console.log("Hello World");',
        'printf("Hello World\\n");', "int main(void) { return 0; }", "public static void main(String[] args)",
        "${jndi:ldap://127.0.0.1/a}", "sudo apt-get install", "git push origin master --force", "127.0.0.1 localhost",
        "<!DOCTYPE html><html>", "javascript:alert(document.cookie)",
        "cat /etc/passwd | grep root", "for (int i = 0; i < 10; i++)", "null undefined NaN false", "true && !false || true",
        "C:\\Windows\\System32\\cmd.exe", "ctrl+alt+delete ctrl+c ctrl+v",
        "for(;;){while(true){}}", "if (true) then false", "404 Not Found Error 404", "500 Internal Server Error",
        "HTTP/1.1 200 OK", "Hello, World! Hello, World!",
        "admin' or '1'='1'#", "xp_cmdshell('dir')--", "document.getElementById('id')", "chmod 777 -R /var/www",
    ],
    10_000,
)
ADDRESSES = ["192.168.0.{}", "192.168.1.{}", "10.0.0.{}", "127.0.0.{}", "172.16.0.{}", "255.255.255.{}", "8.8.8.{}"]
EMOJI = "😀😂😍😘😎😭😡👍👏🙏💪🎉🔥💩❤💔🌹🌸🌞⭐🍀🍕🍺⚽🐶🐱🐼🐸🦄👻💀🤖👑💎🎁🎂"
EMOTICONS = [":)", ":-)", ":(", ":D", ";-)", "<3", "^_^", "o_O", "xD", ":P", "-_-", "T_T", "UwU", "¯\\_(ツ)_/¯", "(╯°□°)╯", "ʕ•ᴥ•ʔ"]
KOREAN = Pool(
    "tkfkdgo tkfkdgody dkssudgktpdy dlfwjd rkskek tjdnf qlalfqjsgh wlsrud dkssud gkrry clsrn rkwhr ghkdlxld eoqkr rhkswl "
    "gksrnr eogksalsrnr tkfka tlqkf wjqthr dkdlel audghkd todlf cnrgk qkrtjd ajflwl sksms rjaqmf dkswjs wlgud".split(),
    5_000,
)
PINYIN = Pool(
    "woaini mima nihao wodemima zhongguo beijing shanghai woaiwojia laopo laogong baobei xiexie pengyou xingfu kuaile "
    "guangzhou shenzhen tiantian xiaoxiao baobao jintian mingtian laoshi "
    "xuesheng gongzuo diannao shouji qianqian yueliang taiyang".split(),
    5_000,
)
ROMAJI = Pool(
    "aishiteru sakura arigatou konnichiwa pasuwaado himitsu tomodachi nihon toukyou okaasan neko inu hoshi kawaii sayonara "
    "oosaka kyouto fujisan samurai ninja ramen sushi tanoshii genki ganbatte omedetou kazoku sekai yume kokoro".split(),
    5_000,
)


def common(draw, least=0, most=99):
    return draw.pick(draw.lists.common["en"][5_000].where(lambda word: least <= len(word) <= most and word.isascii()))


@weak(5_000 * 8)
def word_in_base64(draw):
    """5,000 words x 8 tails, in base64."""
    return disguise.as_base64(common(draw, 8) + draw.one(["", "123", "1234", "!", "1", "2024", "password", "12345"]).rjust(3, "_"))


@weak(5_000 * 2, only_test=True)
def word_in_base32(draw):
    """5,000 words, twice over, in base32 x upper or lower case."""
    text = disguise.as_base32(common(draw) * 2)
    return draw.one([text, text.lower()])


@weak(5_000 * 3)
def word_in_hex(draw):
    """5,000 words of at least eight letters in hex x 3 ways to write it."""
    text = disguise.as_hex(common(draw, 8))
    return draw.one([text, text.upper(), "0x" + text])


@weak(5_000, only_test=True)
def word_in_binary(draw):
    """5,000 words of four letters and more."""
    return disguise.as_binary(common(draw, 4, 7))


@weak(5_000 * 26 * 3, only_test=True)
def word_moved_along_the_alphabet(draw):
    """5,000 words, moved by 1 to 25 letters or mirrored (a for z), three times over x 3 joiners."""
    word, by = common(draw, 5), draw.number(0, 25)
    moved = "".join(chr((ord(c) - ord("a") + by) % 26 + ord("a")) for c in word) if by else disguise.as_mirror(word)
    return draw.one(["", "-", " "]).join([moved] * 3)


@weak(9_747, only_test=True)
def listed_in_rot13(draw):
    """9,747: a long listed password in ROT13."""
    return disguise.as_rot13(draw.pick(draw.lists.listed_long))


@weak(5_000 * 3)
def word_in_morse(draw):
    """5,000 words x 3 joiners."""
    return disguise.as_morse(common(draw, 5), draw.one([" ", "/", ""]))


@weak(5_000 * 4)
def word_in_percents(draw):
    """5,000 words percent-encoded, as HTML entities, as escapes or as codes of its letters."""
    word = common(draw, 6)
    return draw.one([disguise.as_percents(word), disguise.as_entities(word), disguise.as_escapes(word), disguise.as_codes(word)])


@weak(5_000 * 4, only_test=True)
def word_spelled_by_letter_names(draw):
    """5,000 words in the NATO alphabet x 4 joiners."""
    return disguise.as_nato(common(draw, 4, 8), draw.one(["", " ", "-", "."]))


@weak(5_000 * 4, only_test=True)
def word_as_places_in_the_alphabet(draw):
    """5,000 words x 4 ways."""
    text = disguise.as_numbers(common(draw, 8))
    return draw.one([text, text.replace("-", " "), text.replace("-", "."), text.replace("-", ",")])


@weak(5_000 * 5_000, only_test=True)
def words_on_phone_keys(draw):
    """5,000 words, two of them, as digits of a telephone's keys."""
    return (common(draw, 7) + common(draw, 8)).translate(disguise.PHONE_KEYS)


@weak(50_000 * 2, only_test=True)
def digest_of_a_listed_password(draw):
    """50,000 entries x MD5 or SHA-1, in hex. Tables of these are public."""
    entry = draw.pick(draw.lists.listed_common)
    return draw.one([disguise.as_md5(entry), disguise.as_sha1(entry)])


@weak(20_000 * 2)
def listed_one_key_to_the_right(draw):
    """20,000 entries, twice over, each letter one key to the right x 2 cases."""
    text = draw.pick(draw.lists.listed_letters).lower().translate(disguise.RIGHT_KEY) * 2
    return draw.one([text, text.title()])


@weak(12 * 4 * 10 * 10)
def counting_in_words(draw):
    """12 languages x 4 joiners x from and to one of ten."""
    words = draw.pick(COUNTING)[0].split()
    first = draw.number(0, 9)
    return draw.one(["", " ", "-", ","]).join((words * 2)[first : first + draw.number(4, 13)])


@weak(1_000 * 4 * 3 * 20)
def known_list(draw):
    """1,000 lists that everybody knows, of which this draws some, x 4 joiners x forward, backward, capitals x 20 tails."""
    words = draw.pick(LISTS).split()
    words = draw.one([words, words[::-1], [word.title() for word in words]])
    return draw.one(["", " ", "-", ","]).join(words) + draw.pick(TAILS)


@weak(10_000 * 4, only_test=True)
def chess_opening(draw):
    """10,000 openings, of which this draws some, x 4 ways to write them."""
    text = draw.pick(CHESS)
    return draw.one([text, text.replace(" ", ""), text.replace(" ", "_"), text.upper()])


@weak(10_000 * 4, only_test=True)
def snippet(draw):
    """10,000 lines of code that everybody has seen, of which this draws some, x 4 tails."""
    return draw.pick(SNIPPETS) + draw.one(["", "1", "!", ";"])


@weak(7 * 256 * 2 * 256)
def network_address(draw):
    """7 networks x 256 hosts x once or twice, or with one of 256 lengths."""
    address = draw.one(ADDRESSES).format(draw.number(0, 255))
    return draw.one([f"{address}:{draw.one([80, 443, 8080, 3000])}", f"http://{address}/", f"{address}{address}"])


@weak(16 * 16 * 6, only_test=True)
def nil_like_uuid(draw):
    """Two of 16 digits x 6 patterns."""
    a, b = draw.one("0123456789abcdef"), draw.one("0123456789abcdef")
    forms = [
        "{a8}-{a4}-{a4}-{a4}-{a12}", "{a8}-{b4}-{a4}-{b4}-{a12}", "{a8}-{a4}-{a4}-{a4}-{a11}{b}", "{a8}-{b4}-4{a3}-8{b3}-{a12}",
        "{ab8}-{ab4}-{ab4}-{ab4}-{ab12}", "12345678-1234-{a4}-{b4}-123456789012"
    ]
    sizes = {
        f"{name}{size}": (letters * size)[:size] for name,
        letters in (("a", a), ("b", b), ("ab", a + b)) for size in (3, 4, 8, 11, 12)
    }
    return draw.one(forms).format(a=a, b=b, **sizes)


@weak(36 * 36 * 36 * 26, only_test=True)
def few_emoji_repeated(draw):
    """Up to three of 36 emoji x 26 lengths."""
    unit = draw.text(EMOJI, draw.random.randint(1, 3))
    return (unit * 40)[: draw.number(15, 40)]


@weak(16 * 16 * 10)
def emoticons_repeated(draw):
    """Two of 16 x 10 times over."""
    return draw.text(EMOTICONS, 2) * draw.number(3, 12)


@weak(5_000 * 77 * 3, only_test=True)
def asian_word_on_latin_keys(draw):
    """5,000 words of Korean keys, pinyin or romaji, of which this draws some, twice over x 77 years."""
    word = draw.pick(draw.one([KOREAN, PINYIN, ROMAJI]))
    return word + word + str(draw.one(YEARS))

//! Han characters in pinyin and in Wade-Giles, and either of the two in the other.
//!
//! Characters are those of GB 2312's first level and of names, with the readings of the npm package pinyin-pro (MIT);
//! `tools/hanzi` builds the list. Two readings at most are kept of each.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::lay;

/// A syllable in pinyin without tones, and the characters that are read so.
static HANZI: &str = include_str!("hanzi.txt");

/// Traditional and simplified forms that occur in names, pair by pair.
static PAIRS: &str = "張张陳陈劉刘黃黄趙赵吳吴孫孙馬马鄭郑謝谢許许馮冯鄧邓葉叶蘇苏呂吕蔣蒋賈贾韋韦鄒邹陸陆羅罗韓韩楊杨龍龙萬万錢钱湯汤嚴严華华\
    顧顾邵邵賴赖龔龚譚谭廖廖範范閻阎鍾钟盧卢鄔邬聶聂簡简歐欧區区單单齊齐齡龄爾尔國国偉伟強强軍军麗丽艷艳豔艳鳳凤蘭兰蓮莲寶宝貴贵財财興兴\
    業业義义禮礼學学書书詩诗詠咏語语誠诚諾诺謙谦賢贤質质貞贞進进達达遠远連连運运鋒锋銘铭鑫鑫銳锐錦锦鎮镇鋼钢鐵铁長长門门開开關关陽阳陰阴雲云\
    電电靜静韻韵順顺領领頌颂飛飞騰腾駿骏驍骁鵬鹏鴻鸿鶴鹤麟麟點点萬万東东兩两兒儿億亿優优傑杰備备傳传僑侨儀仪劍剑勝胜勞劳勵励動动務务勳勋\
    嘯啸嚮向園园圓圆堅坚堯尧報报場场壯壮壽寿夢梦奮奋婭娅婦妇嬌娇嫻娴孿孪寧宁寬宽實实審审對对導导將将專专屬属嵐岚嶺岭帥帅師师帶带幹干廣广\
    慶庆彥彦彌弥後后從从復复徵征恆恒悅悦惠惠愛爱慶庆憲宪懷怀戀恋戰战戲戏擁拥擇择據据數数斌斌時时晉晋曉晓暉晖暢畅曄晔朝朝楓枫榮荣樂乐樹树橋桥\
    機机權权歡欢歲岁歷历氣气漢汉潔洁潤润澤泽濤涛濱滨瀟潇灣湾炎炎為为烏乌煒炜煥焕熱热燁烨燈灯燦灿牆墙獻献現现瑋玮瑤瑶環环瓊琼畫画異异當当\
    療疗發发盛盛確确禎祯種种穎颖積积竇窦競竞筆笔節节範范築筑簫箫紅红紋纹純纯紀纪級级細细紹绍絡络絲丝經经綠绿維维綱纲網网緒绪線线縣县績绩繼继續续\
    纓缨羨羡習习聖圣聞闻聰聪聲声聯联職职肅肃腦脑臨临興兴舉举艦舰芸芸蒼苍蓋盖薇薇薩萨藍蓝藝艺蘊蕴虎虎號号蝦虾螢萤衛卫裝装親亲覺觉觀观計计訓训記记訪访";

/// Each syllable in pinyin, and in Wade-Giles.
static SYLLABLES: LazyLock<HashMap<&'static str, String>> = LazyLock::new(|| {
    let syllables = HANZI.lines().filter_map(|line| line.split_once(' '));
    syllables.map(|(syllable, _)| (syllable, wade_giles(syllable))).collect()
});
static READINGS: LazyLock<HashMap<char, Vec<&'static str>>> = LazyLock::new(|| {
    let mut readings: HashMap<_, Vec<_>> = HashMap::new();
    for (syllable, characters) in HANZI.lines().filter_map(|line| line.split_once(' ')) {
        characters.chars().for_each(|character| readings.entry(character).or_default().push(syllable));
    }
    readings
});
/// Letters of the longest syllable, `zhuang`.
const LONGEST: usize = 6;

/// Whether the word, in characters, is read as `latin`.
pub(super) fn is_read(word: &str, latin: &str) -> bool {
    lay::fits_by(word, latin, &[], |rest, becomes| {
        let Some(character) = rest.chars().next() else { return };
        for syllable in READINGS.get(&character).into_iter().flatten() {
            becomes(character.len_utf8(), syllable);
            SYLLABLES.get(syllable).into_iter().for_each(|other| becomes(character.len_utf8(), other));
        }
    })
}

/// The word in simplified characters.
pub(super) fn simplified(word: &str) -> String {
    let characters: Vec<char> = PAIRS.chars().filter(|c| !c.is_whitespace()).collect();
    let (pairs, _) = characters.as_chunks::<2>();
    let simple = |c: char| pairs.iter().find(|pair| pair[0] == c).map_or(c, |pair| pair[1]);
    word.chars().map(simple).collect()
}

/// Whether one is in pinyin what the other is in Wade-Giles.
pub(super) fn are_one(one: &str, other: &str) -> bool {
    in_wade_giles(one).is_some_and(|word| word == other)
        || in_wade_giles(other).is_some_and(|word| word == one)
}

/// A word that is all pinyin syllables, the longest first, in Wade-Giles.
fn in_wade_giles(word: &str) -> Option<String> {
    let mut rest = word;
    let mut spelled = String::new();
    while !rest.is_empty() {
        let starts = (2..=LONGEST).rev().filter_map(|length| rest.get(..length));
        let (length, other) = starts.filter_map(|start| Some((start.len(), SYLLABLES.get(start)?))).next()?;
        spelled.push_str(other);
        rest = &rest[length..];
    }
    Some(spelled)
}

/// A pinyin syllable in Wade-Giles, without the apostrophes that nobody types.
fn wade_giles(syllable: &str) -> String {
    match syllable {
        "zhi" | "chi" => return "chih".to_owned(),
        "shi" => return "shih".to_owned(),
        "ri" => return "jih".to_owned(),
        "zi" | "ci" => return "tzu".to_owned(),
        "si" => return "ssu".to_owned(),
        "yi" => return "i".to_owned(),
        "you" => return "yu".to_owned(),
        "yan" => return "yen".to_owned(),
        "ye" => return "yeh".to_owned(),
        "er" => return "erh".to_owned(),
        "ge" | "ke" => return "ko".to_owned(),
        "he" => return "ho".to_owned(),
        "e" => return "o".to_owned(),
        "gui" => return "kuei".to_owned(),
        "kui" => return "kuei".to_owned(),
        "jiong" | "qiong" => return "chiung".to_owned(),
        "xiong" => return "hsiung".to_owned(),
        _ => {}
    }
    let initials = [
        ("zh", "ch"),
        ("ch", "ch"),
        ("sh", "sh"),
        ("b", "p"),
        ("p", "p"),
        ("d", "t"),
        ("t", "t"),
        ("g", "k"),
        ("k", "k"),
        ("j", "ch"),
        ("q", "ch"),
        ("x", "hs"),
        ("z", "ts"),
        ("c", "ts"),
        ("r", "j"),
    ];
    let found = initials.iter().find_map(|(from, to)| Some((*to, syllable.strip_prefix(from)?)));
    let split = syllable.find(['a', 'e', 'i', 'o', 'u']).unwrap_or(0);
    let (initial, ending) = found.unwrap_or_else(|| syllable.split_at(split));
    let ending = match ending {
        "ian" => "ien",
        "ie" => "ieh",
        "ue" => "ueh",
        "e" => "e",
        "ong" => "ung",
        "uo" if !matches!(initial, "k" | "h" | "sh") => "o",
        same => same,
    };
    format!("{initial}{ending}")
}
